/**
 * Owns which file names Windows cannot hold, and which names it takes for one.
 * Source of the limits: Microsoft, "Naming Files, Paths, and Namespaces".
 */

/** MAX_PATH is 259 characters with the folder that the source is unpacked in; the compilers that must read it still keep to it. */
const LONGEST_PORTABLE_PATH = 180;
const LONGEST_NAME = 255;

const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])$/i;
// eslint-disable-next-line no-control-regex -- Windows forbids exactly these
const FORBIDDEN_CHARACTER = /[<>:"|?*\\\u0000-\u001f]/;

/**
 * Why Windows cannot hold a file at `path`, or undefined where it can.
 * @param path relative, forward slashes
 */
export function windowsRefusal(path: string): string | undefined {
  if (path.length > LONGEST_PORTABLE_PATH) return `there is room for ${LONGEST_PORTABLE_PATH} characters, and the path has ${path.length}`;
  for (const name of path.split('/')) {
    const refusal = nameRefusal(name);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function nameRefusal(name: string): string | undefined {
  const forbidden = FORBIDDEN_CHARACTER.exec(name)?.[0];
  if (forbidden !== undefined) return `no name may hold ${JSON.stringify(forbidden)}`;
  if (name.endsWith('.') || name.endsWith(' ')) return `the ${name.endsWith('.') ? 'dot' : 'space'} at the end of '${name}' is dropped`;
  const stem = (name.split('.')[0] ?? '').trimEnd();
  if (RESERVED.test(stem)) return `'${stem}' is a device`;
  return name.length > LONGEST_NAME ? `a name has at most ${LONGEST_NAME} characters` : undefined;
}

/** Equal for two paths that Windows takes for one: its table maps letter by letter, so 'ß' stays apart from 'SS'. */
export function caseFolded(path: string): string {
  if (/^[\0-\x7f]*$/.test(path)) return path.toUpperCase();
  let folded = '';
  for (const letter of path) {
    const upper = letter.toUpperCase();
    folded += upper.length === letter.length ? upper : letter;
  }
  return folded;
}

/**
 * Files or folders whose names differ in case only, as pairs of the paths involved.
 * @param paths relative, forward slashes, sorted
 */
export function findCaseCollisions(paths: readonly string[]): readonly (readonly [string, string])[] {
  const seen = new Map<string, string>();
  const reported = new Set<string>();
  const collisions: [string, string][] = [];
  for (const path of paths) {
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const part = end < 0 ? path : path.slice(0, end);
      const folded = caseFolded(part);
      const other = seen.get(folded);
      if (other === undefined) seen.set(folded, part);
      else if (other !== part) {
        if (!reported.has(part)) collisions.push([other, part]);
        reported.add(part);
        break;
      }
      if (end < 0) break;
    }
  }
  return collisions;
}

/**
 * Why no system should take `path` for the name of a file inside a folder, or undefined where any may:
 * it is absolute, climbs out, or would mean something else on another system.
 */
export function entryRefusal(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.includes('\0')) return 'it holds a zero byte';
  if (path.startsWith('/') || path.startsWith('\\')) return 'it is absolute';
  if (/^[A-Za-z]:/.test(path)) return 'it begins with a drive letter';
  const part = path.split('/').find((name) => name === '' || name === '.' || name === '..');
  return part === undefined ? undefined : `it has the part '${part}'`;
}
