/**
 * Owns what a native launcher is told: where the program that it starts may lie, and with which arguments. The launcher reads nothing
 * at run time, so all of it is compiled in, as the numbers of characters: no name can break out of the C text.
 */
import posix from 'node:path/posix';
import type { OperatingSystem } from '../../core/platform';

export interface LauncherSpec {
  /** Absolute, with `.exe` for Windows. */
  readonly outputFile: string;
  /** What it calls itself, where that is not the file's name without `.exe`. */
  readonly name?: string;
  /**
   * Where the program's folder may lie, relative to the launcher's own real folder, forward slashes, one `*` component allowed.
   * The first that holds the program is taken; of several that a `*` stands for, the first by name.
   */
  readonly folders: readonly string[];
  /** Inside that folder, without `.exe`. */
  readonly program: string;
  /** Put before the caller's; those that start with `./` are inside that folder and are made absolute. */
  readonly args: readonly string[];
  /** What a Windows executable says of itself. */
  readonly windows?: {
    /** Default true. False: no console window, neither for the launcher nor for what it starts. */
    readonly console?: boolean;
    /** An `.ico`, absolute. */
    readonly icon?: string;
    readonly version?: string;
    readonly title?: string;
    readonly publisher?: string;
    readonly description?: string;
  };
}

/** What the launcher calls itself in what it says. */
export function launcherName({ name, outputFile }: Pick<LauncherSpec, 'name' | 'outputFile'>): string {
  return name ?? (outputFile.split(/[\\/]/).at(-1) ?? '').replace(/\.exe$/i, '');
}

/**
 * The text of `spec.h`.
 * @throws RangeError for a spec that no launcher could follow
 */
export function specHeader(spec: LauncherSpec, os: OperatingSystem): string {
  const text = textOf(os);
  const folders = spec.folders.map(splitFolder);
  if (folders.length === 0) throw new RangeError('a launcher needs at least one folder');
  const program = insidePath(spec.program) + (os === 'windows' ? '.exe' : '');
  const args = spec.args.map((arg) =>
    arg.startsWith('./') ? { isInside: 1, value: insidePath(arg.slice(2)) } : { isInside: 0, value: arg },
  );
  return [
    `#define NAME ${text(launcherName(spec), true)}`,
    `#define PROGRAM ${text(program)}`,
    ...(os === 'windows' ? [`#define IS_CONSOLE ${spec.windows?.console === false ? 0 : 1}`] : []),
    `enum { FOLDER_COUNT = ${folders.length}, ARGUMENT_COUNT = ${args.length} };`,
    `static const struct { int ups; int has_star; const ${characterOf(os)} *before; const ${characterOf(os)} *after; } FOLDERS[] = {`,
    ...folders.map(({ ups, before, hasStar, after }) => `  { ${ups}, ${hasStar ? 1 : 0}, ${text(before)}, ${text(after)} },`),
    '};',
    // The last one is never read: C has no empty array.
    `static const struct { int is_in_folder; const ${characterOf(os)} *text; } ARGUMENTS[] = {`,
    ...[...args, { isInside: 0, value: '' }].map(({ isInside, value }) => `  { ${isInside}, ${text(value, isInside === 0)} },`),
    '};',
    '',
  ].join('\n');
}

interface FolderParts {
  readonly ups: number;
  readonly before: string;
  readonly hasStar: boolean;
  readonly after: string;
}

function splitFolder(folder: string): FolderParts {
  const parts = posix.normalize(folder).replace(/\/$/, '').split('/');
  const ups = parts.findIndex((part) => part !== '..');
  const down = (ups < 0 ? [] : parts.slice(ups)).filter((part) => part !== '.');
  const stars = down.filter((part) => part === '*').length;
  if (posix.isAbsolute(folder) || folder.includes('\\') || folder.includes('\0') || stars > 1)
    throw new RangeError(`'${folder}' is no folder of a launcher`);
  const star = down.indexOf('*');
  return {
    ups: ups < 0 ? parts.length : ups,
    hasStar: star >= 0,
    before: (star < 0 ? down : down.slice(0, star)).join('/'),
    after: star < 0 ? '' : down.slice(star + 1).join('/'),
  };
}

function insidePath(relative: string): string {
  const normal = posix.normalize(relative);
  if (relative === '' || posix.isAbsolute(normal) || /^\.\.?(\/|$)/.test(normal) || /[\\\0]/.test(normal))
    throw new RangeError(`'${relative}' is no file inside the folder of a program`);
  return normal;
}

function characterOf(os: OperatingSystem): string {
  return os === 'windows' ? 'WCHAR' : 'char';
}

/** A C string whose characters are all numbers, in the system's own encoding and with its own separator. */
function textOf(os: OperatingSystem): (value: string, isPlain?: boolean) => string {
  if (os !== 'windows')
    return (value) => `"${[...Buffer.from(value, 'utf8')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`;
  return (value, isPlain = false) => {
    const units = isPlain ? value : value.replaceAll('/', '\\');
    return `L"${[...units].flatMap((character) => codeUnits(character)).join('')}"`;
  };
}

/** Four digits end a hexadecimal escape only where what follows is none, so each is a string of its own. */
function codeUnits(character: string): readonly string[] {
  return character.split('').map((unit) => `\\x${unit.charCodeAt(0).toString(16).padStart(4, '0')}" L"`);
}
