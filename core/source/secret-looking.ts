/**
 * Owns which file names look like secrets, for a warning before a source tree leaves the machine.
 * Secrets inside what is built are `secret-scan.ts`.
 */

interface SecretLook {
  readonly name: RegExp;
  /** What it usually is. */
  readonly what: string;
  /** Only a file whose text matches is meant: the name alone says too little. */
  readonly content?: RegExp;
  readonly exceptName?: RegExp;
}

const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/;

/** Held against the lower-case path, so that folders count where they matter. */
const LOOKS: readonly SecretLook[] = [
  { name: /(^|\/)\.env(\.[^/]+)?$/, exceptName: /\.(example|sample|template|dist|defaults?|schema)$/, what: 'settings with passwords' },
  { name: /(^|\/)\.envrc$/, what: 'settings with passwords', content: /(secret|token|passw|key)\w*\s*=/i },
  { name: /(^|\/)id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/, what: 'a private SSH key' },
  { name: /\.(pem|key|crt|cer|asc)$/, what: 'a private key', content: PRIVATE_KEY },
  { name: /\.(p12|pfx|jks|keystore|ppk|p8|snk)$/, what: 'a private key' },
  { name: /\.(kdbx|kdb|agilekeychain|opvault)$/, what: 'a password store' },
  {
    name: /(^|\/)\.(npmrc|yarnrc|yarnrc\.yml)$/,
    what: 'a registry token',
    content: /(_authtoken|_auth|_password|npmauthtoken)"?\s*[=:]\s*"?(?!\$\{)\S/i,
  },
  { name: /(^|\/)\.pypirc$/, what: 'a registry password', content: /password\s*[=:]\s*\S/i },
  { name: /(^|\/)(pip\.conf|pip\.ini|uv\.toml)$/, what: 'a password in a URL', content: /:\/\/[^/\s:@$]+:[^/\s@$]+@/ },
  { name: /(^|\/)[._]netrc$/, what: 'passwords of hosts' },
  { name: /(^|\/)\.(git-credentials|pgpass|my\.cnf|htpasswd|vault-token|dockercfg|s3cfg|boto)$/, what: 'passwords' },
  { name: /(^|\/)\.aws\/credentials$|(^|\/)credentials\.csv$/, what: 'AWS keys' },
  { name: /(^|\/)\.docker\/config\.json$/, what: 'a registry token', content: /"auth"/ },
  { name: /(^|\/)(credentials|client_secrets?[^/]*|service[-_]?account[^/]*|application_default_credentials)\.json$/, what: 'credentials' },
  { name: /(^|\/)(secrets?|passwords?)\.(ya?ml|json|toml|ini|txt|env|properties)$/, what: 'secrets' },
  { name: /(^|\/)(kubeconfig|\.kube\/config)$/, what: 'access to a cluster' },
  { name: /\.tfstate(\.backup)?$|\.tfvars(\.json)?$/, what: 'secrets of an infrastructure' },
  { name: /\.ovpn$/, what: 'access to a network' },
  { name: /(^|\/)\.(bash|zsh|python|psql|mysql)_history$/, what: 'commands typed, with what they held' },
];

export interface SecretSuspicion {
  readonly what: string;
  /** Where given, the suspicion holds only if the file's text matches. */
  readonly content?: RegExp;
}

/** What a file at `path` looks like, or undefined. The path is relative, with forward slashes. */
export function suspectSecret(path: string): SecretSuspicion | undefined {
  const lower = path.toLowerCase();
  const look = LOOKS.find(({ name, exceptName }) => name.test(lower) && exceptName?.test(lower) !== true);
  return look === undefined ? undefined : { what: look.what, ...(look.content === undefined ? {} : { content: look.content }) };
}
