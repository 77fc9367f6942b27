/** Owns what npm's words mean to somebody who only wanted to run this project: one sentence, and the command that mends it. */

/** The first row that matches wins. The line beside each is npm's own. */
const SIGNATURES = [
  {
    // npm error code EUSAGE … `npm ci` can only install packages when your package.json and package-lock.json … are in sync
    pattern: /EUSAGE|are in sync/,
    message: 'package-lock.json does not fit package.json',
    hint: 'run npm install, and look at what it changes',
  },
  {
    // npm error code ENOSPC
    pattern: /ENOSPC/,
    message: 'the disk is full',
    hint: 'free some space and run the same command again',
  },
  {
    // npm error code E401 … Unable to authenticate · npm error code E403
    pattern: /\bcode E40[13]\b/,
    message: "npm's registry refuses the credentials of this machine",
    hint: 'run npm login, or mend the token in ~/.npmrc, and run the same command again',
  },
  {
    // npm error code SELF_SIGNED_CERT_IN_CHAIN
    pattern: /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_[A-Z]+|DEPTH_ZERO_SELF/,
    message: 'npm does not trust the certificate of its registry',
    hint: "name your network's certificates with npm config set cafile FILE, and run the same command again",
  },
  {
    // npm error code ENOTFOUND … getaddrinfo ENOTFOUND
    pattern: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT|ENOTCACHED/,
    message: 'no network: npm cannot reach its registry',
    hint: 'connect this machine, or name a mirror with npm config set registry URL, and run the same command again',
  },
  {
    // npm error code E404
    pattern: /\bcode E404\b/,
    message: "npm's registry does not have every package of package-lock.json",
    hint: 'name a registry that has them with npm config set registry URL, and run the same command again',
  },
  {
    // npm error code EINTEGRITY … sha512-… integrity checksum failed
    pattern: /EINTEGRITY/,
    message: 'a package is not the one of package-lock.json: its checksum differs',
    hint: 'run npm cache verify, and ask who runs the registry; do not go on with it',
  },
  {
    // spawn npm ENOENT
    pattern: /spawn npm ENOENT/,
    message: 'there is no npm on this machine',
    hint: 'install Node with npm, and run the same command again',
  },
];

/**
 * @param {string} output what npm printed
 * @returns {{ message: string, hint: string }}
 */
export function explainNpmFailure(output) {
  const known = SIGNATURES.find(({ pattern }) => pattern.test(output));
  if (known !== undefined) return { message: known.message, hint: known.hint };
  const tail = output.trimEnd().split(/\r?\n/).slice(-8).join('\n');
  return { message: `npm ci failed\n${tail}`, hint: 'run npm ci by hand to see more' };
}
