/** Owns the text by which the scripts of a build machine know the pinned Node: shells read lines, not JSON. */
import { Buffer } from 'node:buffer';

/**
 * A line `oldest 20.19`, and for each package of the npm registry one with its version and SHA-512 in hexadecimal.
 * @param {{ version: string, packages: Record<string, string> }} pins the digests as npm writes them, `sha512-…`
 * @param {string} engines such as `>=20.19`: which Node of the image's own serves
 */
export function nodeRuntimeText({ version, packages }, engines) {
  const lines = Object.entries(packages).map(([name, integrity]) => `${name} ${version} ${hexOf(name, integrity)}`);
  return `oldest ${engines.replace(/^>=/, '')}\n${lines.join('\n')}\n`;
}

function hexOf(name, integrity) {
  const [, base64] = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity) ?? [];
  if (base64 === undefined) throw new RangeError(`${name} is pinned by '${integrity}', which is no SHA-512`);
  return Buffer.from(base64, 'base64').toString('hex');
}
