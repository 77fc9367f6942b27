/**
 * Owns the table of what a secret looks like: one row per kind, by the prefix and shape that its issuer documents.
 * A name or a marker alone is no finding: every row wants the secret itself, and what is plainly a placeholder is passed over.
 *
 * Constants in compiled programs stand without a gap between type codes and lengths: so no row asks what stands right before
 * a token, and few what stands after it.
 */

export interface SecretRule {
  readonly kind: string;
  /** What a hit begins with, at least 4 characters each; ASCII. */
  readonly starts: readonly string[];
  /** Sticky, tried where a start stands. Group 1, where there is one, is the secret itself; otherwise the whole match is. */
  readonly pattern: RegExp;
  /** The last word: entropy, structure, placeholders. `text` reaches well before and behind the hit, which stands at `at`. */
  readonly isReal?: (secret: string, text: string, at: number) => boolean;
  /** What of a hit a preview shows, where the start itself says too little. */
  readonly shown?: string;
  /** Shape of an assignment only: dropped where a more telling row finds something in the same place. */
  readonly isGeneric?: boolean;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const WORD = `${LETTERS}0123456789-_`;
const HEX = '0123456789abcdef';

/** Makes a start long enough for the search by naming each character that may stand before or after it. */
const before = (characters: string, start: string) => [...characters].map((character) => character + start);
const after = (start: string, characters: string) => [...characters].map((character) => start + character);

/** Bits per character, by Shannon: 0 for `xxxx`, 4 for random hex, near 6 for random base64. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((bits, count) => bits - (count / text.length) * Math.log2(count / text.length), 0);
}

const PLACEHOLDER =
  /example|change.?me|placeholder|your.?|xxxx|\*\*\*|dummy|redacted|insert|replace|notreal|not.?a.?secret|^(?:my|a|the)?[-_ ]?(?:password|passwd|pass|pwd|secret|token|key)\d{0,3}$|^[<$%{]|[{}<>]/i;

const isRandom = (secret: string) => entropyOf(secret) >= 2.75 && !/example|xxxxxx|\.\.\.|placeholder|\*\*\*\*/i.test(secret);
const hasLetterAndDigit = (text: string) => /[A-Za-z]/.test(text) && /\d/.test(text);
const isPassword = (secret: string) =>
  secret.length >= 6 && hasLetterAndDigit(secret) && entropyOf(secret) >= 2.3 && !PLACEHOLDER.test(secret);
/** For values whose surroundings prove little: mixed case or a symbol beside letters and digits, as generators make them. */
const isStrongPassword = (secret: string) =>
  isPassword(secret) && ((/[a-z]/.test(secret) && /[A-Z]/.test(secret)) || /[!@#$%^&*+=~?]/.test(secret) || /^[0-9a-f]{32,}$/.test(secret));

/**
 * Long base64 holds every short run of capitals and digits by chance: Node's own executable does so nine times, in WebAssembly. A key
 * that is written down has an end nearby.
 */
function isInsideEncodedData(text: string, at: number): boolean {
  const encoded = /^[A-Za-z0-9+/]{250}$/;
  return encoded.test(text.slice(Math.max(0, at - 250), at)) && encoded.test(text.slice(at + 20, at + 270));
}

const decodeBase64 = (text: string) => Buffer.from(text, 'base64').toString('latin1');

function isJwt(secret: string): boolean {
  return /^\{.*"alg"\s*:/.test(decodeBase64(secret.split('.')[0] ?? ''));
}

function isDockerAuth(secret: string): boolean {
  const [user = '', password = ''] = decodeBase64(secret).split(/:(.*)/s);
  return /^[\x21-\x7e]+$/.test(user) && /^[\x21-\x7e]{3,}$/.test(password) && !PLACEHOLDER.test(password);
}

/** Behind the next marker of a key: headers, then at least 60 characters of base64, however lines are broken, quoted or escaped. */
function hasKeyBody(_secret: string, text: string, at: number): boolean {
  const behind = text.slice(at);
  const marker = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/.exec(behind);
  if (marker === null) return false;
  const body = behind
    .slice(marker.index + marker[0].length, marker.index + 1_500)
    .replace(/\\[nrt]|[\r\n\t]/g, '\n')
    .replace(/^[\s"'\\+,b]*/, '')
    .replace(/^(?:[A-Za-z-]+: [^\n]*\n+)+/, '')
    .replace(/[\s"'\\,]/g, '');
  const base64 = /^[A-Za-z0-9+/=]{60,}/.exec(body)?.[0];
  return base64 !== undefined && entropyOf(base64.slice(0, 200)) >= 2.5;
}

/** Azurite's account key is printed in its manual and stands in Azure's own libraries. */
const AZURITE_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq';

const ASSIGNED_NAMES = [
  'PASSWORD',
  'PASSWD',
  'PASSPHRASE',
  'SECRET',
  'TOKEN',
  'API_KEY',
  'APIKEY',
  'ACCESS_KEY',
  'PRIVATE_KEY',
  'CREDENTIAL',
];
const QUOTED_NAMES = [
  ...['password', 'passwd', 'passphrase', 'secret', 'token', 'api_key', 'apikey', 'api-key', 'access_key', 'private_key'],
  ...['Password', 'Secret', 'Token', 'apiKey', 'ApiKey', 'accessKey', 'AccessKey', ...ASSIGNED_NAMES],
];

/** More telling rows first. */
export const SECRET_RULES: readonly SecretRule[] = [
  // Clouds
  {
    kind: 'aws-access-key-id',
    starts: ['AKIA', 'ASIA'],
    pattern: /(?:AKIA|ASIA)[A-Z0-9]{16}/y,
    isReal: (secret, text, at) => isRandom(secret) && !isInsideEncodedData(text, at),
  },
  {
    kind: 'aws-secret-access-key',
    starts: ['secret_access_key', 'SECRET_ACCESS_KEY', 'secretAccessKey', 'SecretAccessKey', 'aws_secret_key', 'AWS_SECRET_KEY'],
    pattern: /\w{10,20}["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=]{2})/y,
    isReal: (secret) => entropyOf(secret) >= 3.5 && !secret.includes('EXAMPLE'),
  },
  { kind: 'google-api-key', starts: ['AIza'], pattern: /AIza[A-Za-z0-9_-]{35}/y, isReal: isRandom },
  { kind: 'google-oauth-secret', starts: ['GOCSPX-'], pattern: /GOCSPX-[A-Za-z0-9_-]{28}/y, isReal: isRandom },
  {
    kind: 'gcp-service-account',
    starts: ['"service_account"'],
    pattern: /"service_account"[^]{0,3000}?"private_key"\s{0,4}:\s{0,4}"(-----BEGIN [A-Z ]*PRIVATE KEY-----)/y,
    isReal: hasKeyBody,
  },
  {
    kind: 'azure-storage-key',
    starts: ['AccountKey=', 'SharedAccessKey='],
    pattern: /\w+Key=([A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==)/y,
    isReal: (secret) => isRandom(secret) && !secret.startsWith(AZURITE_KEY),
  },
  {
    kind: 'azure-sas',
    starts: ['&sig=', '?sig=', ';sig='],
    pattern: /.sig=([A-Za-z0-9%+/]{43,70}(?:%3[Dd]|=))/y,
    isReal: (secret, text) => isRandom(secret) && /[?&;](?:se|sv|sp)=/.test(text),
  },
  { kind: 'digitalocean-token', starts: ['dop_v1_', 'doo_v1_', 'dor_v1_'], pattern: /do[opr]_v1_[0-9a-f]{64}/y, isReal: isRandom },
  { kind: 'heroku-api-key', starts: ['HRKU-'], pattern: /HRKU-[A-Za-z0-9_-]{36,64}/y, isReal: isRandom },
  {
    kind: 'heroku-api-key',
    starts: ['HEROKU', 'heroku', 'Heroku'],
    pattern: /heroku[\w .-]{0,24}["']?\s{0,4}[:=]\s{0,4}["']?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/iy,
    isReal: isRandom,
  },
  { kind: 'databricks-token', starts: after('dapi', HEX), pattern: /dapi[0-9a-f]{32}/y, isReal: isRandom },
  { kind: 'vault-token', starts: ['hvs.', 'hvb.'], pattern: /hv[sb]\.[A-Za-z0-9_-]{24,300}/y, isReal: isRandom },
  { kind: 'doppler-token', starts: ['dp.pt.', 'dp.st.'], pattern: /dp\.[ps]t\.[A-Za-z0-9.]{40,60}/y, isReal: isRandom },
  { kind: 'planetscale-token', starts: ['pscale_'], pattern: /pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{32,64}/y, isReal: isRandom },
  { kind: 'terraform-cloud-token', starts: ['.atlasv1.'], pattern: /\.atlasv1\.[A-Za-z0-9_-]{60,70}/y, isReal: isRandom },
  // Code hosts and registries
  { kind: 'github-token', starts: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], pattern: /gh[pousr]_[A-Za-z0-9]{36,255}/y, isReal: isRandom },
  { kind: 'github-token', starts: ['github_pat_'], pattern: /github_pat_[A-Za-z0-9_]{60,255}/y, isReal: isRandom },
  {
    kind: 'gitlab-token',
    starts: ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'glcbt-', 'gloas-'],
    pattern: /gl(?:pat|dt|rt|ptt|cbt|oas)-[A-Za-z0-9_.-]{20,255}/y,
    isReal: isRandom,
  },
  {
    kind: 'npm-token',
    starts: ['npm_'],
    pattern: /npm_[A-Za-z0-9]{36}/y,
    isReal: (secret) => isRandom(secret) && hasLetterAndDigit(secret),
  },
  { kind: 'npm-token', starts: ['_authToken='], pattern: /_authToken=([A-Za-z0-9_+/=-]{20,200})/y, isReal: isPassword },
  { kind: 'pypi-token', starts: ['pypi-AgE'], pattern: /pypi-AgE[A-Za-z0-9_-]{50,1000}/y, isReal: isRandom },
  { kind: 'rubygems-key', starts: ['rubygems_'], pattern: /rubygems_[0-9a-f]{48}/y, isReal: isRandom },
  { kind: 'docker-hub-token', starts: ['dckr_pat_'], pattern: /dckr_pat_[A-Za-z0-9_-]{27}/y, isReal: isRandom },
  { kind: 'docker-auth', starts: ['"auth"'], pattern: /"auth"\s{0,4}:\s{0,4}"([A-Za-z0-9+/]{8,1000}={0,2})"/y, isReal: isDockerAuth },
  { kind: 'atlassian-token', starts: ['ATATT3'], pattern: /ATATT3[A-Za-z0-9_=-]{60,300}/y, isReal: isRandom },
  { kind: 'linear-key', starts: ['lin_api_'], pattern: /lin_api_[A-Za-z0-9]{40}/y, isReal: isRandom },
  { kind: 'postman-key', starts: ['PMAK-'], pattern: /PMAK-[0-9a-f]{24}-[0-9a-f]{34}/y, isReal: isRandom },
  // Messages
  {
    kind: 'slack-token',
    starts: ['xoxa-', 'xoxb-', 'xoxe-', 'xoxe.', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-'],
    pattern: /x(?:ox[abeoprs][-.]|app-)[A-Za-z0-9.-]{20,300}/y,
    isReal: (secret) => isRandom(secret) && hasLetterAndDigit(secret),
  },
  {
    kind: 'slack-webhook',
    starts: ['hooks.slack.com'],
    pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Z0-9]{8,14}\/[A-Z0-9]{8,20}\/([A-Za-z0-9]{20,40})/y,
    isReal: isRandom,
  },
  {
    kind: 'discord-webhook',
    starts: ['discord.com/api', 'discordapp.com/api'],
    pattern: /discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/\d{16,20}\/([A-Za-z0-9_-]{60,80})/y,
    isReal: isRandom,
  },
  {
    kind: 'telegram-bot-token',
    starts: after(':AA', WORD),
    pattern: /(?<=\d{8,10}):AA[A-Za-z0-9_-]{32,33}(?![A-Za-z0-9_-]{2})/y,
    isReal: isRandom,
  },
  {
    kind: 'twilio-api-key',
    starts: [...HEX].flatMap((digit) => after(`SK${digit}`, HEX)),
    pattern: /SK[0-9a-f]{32}(?![0-9a-f]{2})/y,
    isReal: isRandom,
  },
  { kind: 'sendgrid-key', starts: after('SG.', WORD), pattern: /SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/y, isReal: isRandom },
  { kind: 'mailgun-key', starts: after('key-', HEX), pattern: /(?<![A-Za-z0-9_-]{2})key-[0-9a-f]{32}(?![0-9a-f]{2})/y, isReal: isRandom },
  {
    kind: 'mailchimp-key',
    starts: ['-us1', '-us2', '-us3', '-us4', '-us5', '-us6', '-us7', '-us8', '-us9'],
    pattern: /(?<=(?<![0-9a-f]{2})[0-9a-f]{32})-us\d{1,2}(?!\w{2})/y,
  },
  // Payments and shops
  {
    kind: 'stripe-key',
    starts: ['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_'],
    pattern: /[sr]k_(?:live|test)_[A-Za-z0-9]{16,250}/y,
    isReal: isRandom,
  },
  { kind: 'stripe-webhook-secret', starts: ['whsec_'], pattern: /whsec_[A-Za-z0-9+/=]{32,80}/y, isReal: isRandom },
  { kind: 'square-token', starts: ['sq0atp-', 'sq0csp-'], pattern: /sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}/y, isReal: isRandom },
  {
    kind: 'shopify-token',
    starts: ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    pattern: /shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/y,
    isReal: isRandom,
  },
  // Models
  { kind: 'anthropic-key', starts: ['sk-ant-'], pattern: /sk-ant-[a-z0-9]{2,10}-[A-Za-z0-9_-]{40,200}/y, isReal: isRandom },
  {
    kind: 'openai-key',
    starts: ['sk-proj-', 'sk-svcacct-', 'sk-admin-'],
    pattern: /sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,250}/y,
    isReal: isRandom,
  },
  {
    kind: 'openai-key',
    starts: after('sk-', `${LETTERS}0123456789`),
    pattern: /(?<![A-Za-z0-9_-]{2})sk-[A-Za-z0-9]{40,64}(?![A-Za-z0-9]{2})/y,
    isReal: (secret) => isRandom(secret) && hasLetterAndDigit(secret),
  },
  {
    kind: 'hugging-face-token',
    starts: after('hf_', LETTERS),
    pattern: /(?<![A-Za-z0-9_]{2})hf_[A-Za-z0-9]{34,40}(?![A-Za-z0-9_]{2})/y,
    isReal: (secret) => entropyOf(secret) >= 3.5,
  },
  // Watching
  {
    kind: 'grafana-token',
    starts: ['glsa_', 'glc_'],
    pattern: /gl(?:sa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|c_[A-Za-z0-9+/=]{60,400})/y,
    isReal: isRandom,
  },
  { kind: 'new-relic-key', starts: ['NRAK-'], pattern: /NRAK-[A-Z0-9]{27}/y, isReal: isRandom },
  { kind: 'sentry-token', starts: ['sntrys_', 'sntryu_'], pattern: /sntry[su]_[A-Za-z0-9+/=_-]{40,400}/y, isReal: isRandom },
  // Keys
  {
    kind: 'private-key',
    starts: ['-----BEGIN '],
    pattern: /-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP|SSH2 ENCRYPTED|ANY) )?PRIVATE KEY(?: BLOCK)?-----/y,
    isReal: hasKeyBody,
  },
  {
    kind: 'putty-private-key',
    starts: ['PuTTY-User-Key-File-'],
    pattern: /PuTTY-User-Key-File-\d: [^]{0,2000}?Private-Lines: \d+\s+[A-Za-z0-9+/=]{40}/y,
  },
  { kind: 'age-secret-key', starts: ['AGE-SECRET-KEY-1'], pattern: /AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}/y, isReal: isRandom },
  {
    kind: 'jwt',
    starts: after('eyJ', WORD),
    pattern: /eyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{16,1000}/y,
    isReal: isJwt,
  },
  // Words with a value
  {
    kind: 'netrc-password',
    starts: ['machine ', 'machine\t', 'machine\n'],
    pattern: /machine\s+[!-~]{1,200}\s+login\s+[!-~]{1,200}\s+password\s+([!-~]{1,200})/y,
    isReal: (secret) => secret.length >= 6 && entropyOf(secret) >= 2 && !PLACEHOLDER.test(secret) && !/["'\\]/.test(secret),
  },
  {
    kind: 'password-in-url',
    shown: '://',
    starts: before('abcdefghijklmnopqrstuvwxyz0123456789', '://'),
    pattern: /.:\/\/[A-Za-z0-9._~%!$&*+=-]{0,128}:([!$%&()*+,.0-9;=A-Z[\]^_a-z|~-]{6,200})@(?=[A-Za-z0-9[])/y,
    isReal: (secret) => isPassword(secret) || (secret.length >= 12 && entropyOf(secret) >= 3.2 && !PLACEHOLDER.test(secret)),
    isGeneric: true,
  },
  {
    kind: 'password-in-environment-file',
    starts: ASSIGNED_NAMES,
    pattern:
      /(?<=(?:^|[\r\n\0])(?:export )?[A-Z0-9_]{0,60})[A-Z]{5,10}(?:_KEY)?(?:_(?:KEY|VALUE|PROD|STAGING|DEV|LIVE|\d+))?=(["']?[!#$%&*+,./0-9:;=?@A-Z\\^_a-z|~-]{6,200}["']?)(?=[\r\n\0]|$)/y,
    isReal: (secret) => isPassword(secret.replace(/^["']|["']$/g, '')),
    isGeneric: true,
  },
  {
    kind: 'quoted-password',
    starts: QUOTED_NAMES,
    // Cursors of paged answers are tokens by name only.
    pattern:
      /(?<![Nn]ext|[Pp]age|[Pp]urchase|[Cc]ontinuation)[A-Za-z_-]{5,11}(?:_(?:key|KEY))?["']?\s{0,4}[:=]\s{0,4}["']([A-Za-z0-9+/=_.~!@#$%^&*?-]{10,200})["']/y,
    isReal: (secret) => isStrongPassword(secret) && entropyOf(secret) >= 3,
    isGeneric: true,
  },
  {
    kind: 'password-in-configuration',
    starts: ['password', 'passwd', 'passphrase'],
    pattern:
      /(?<=[\r\n][ \t]{0,12}[\w.-]{0,20})pass(?:word|wd|phrase)[ \t]{0,4}[:=][ \t]{0,4}([A-Za-z0-9+/=_~!@#$%^&*?-]{8,200})(?=[\r\n])/y,
    isReal: isStrongPassword,
    isGeneric: true,
  },
];
