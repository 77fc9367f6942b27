/**
 * Owns the place where a binary is tried out: fresh folders, and an environment that holds nothing of this machine's
 * but what every program may expect.
 */
import path from 'node:path';
import type { Files } from '../../core/ports/files';
import { PLATFORMS, type PlatformId } from '../../core/platform';

export interface Room {
  /** Holds the others; free for what a check needs beside them. */
  readonly root: string;
  /** `{tmp}`, and the working directory: empty at first. */
  readonly tmp: string;
  readonly home: string;
  /** What TMPDIR and TEMP name. */
  readonly temp: string;
  /** An empty folder, for a PATH without programs. */
  readonly noPrograms: string;
}

export type Environment = Readonly<Record<string, string>>;

/** Runs `use` in a fresh room and removes it afterwards, whatever came. */
export async function inFreshRoom<T>(files: Files, use: (room: Room) => Promise<T>): Promise<T> {
  const root = await files.realPath(await files.makeTemporaryDirectory('slipway-check-'));
  try {
    const room = {
      root,
      tmp: path.join(root, 'tmp'),
      home: path.join(root, 'home'),
      temp: path.join(root, 'temp'),
      noPrograms: path.join(root, 'none'),
    };
    for (const folder of [room.tmp, room.home, room.temp, room.noPrograms]) await files.makeDirectory(folder);
    return await use(room);
  } finally {
    await files.remove(root);
  }
}

/**
 * What a person's fresh account would give a program: system folders on PATH, a home, a UTF-8 locale.
 * @param caller the environment of this process: on Windows a few of its variables are needed to start anything
 */
export function plainEnvironment(platform: PlatformId, caller: Environment, room: Room): Environment {
  if (PLATFORMS[platform].os !== 'windows') {
    const LANG = PLATFORMS[platform].os === 'macos' ? 'en_US.UTF-8' : 'C.UTF-8';
    return { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', HOME: room.home, TMPDIR: room.temp, LANG };
  }
  const system = windowsSystem(caller);
  return {
    ...system,
    ...ofEveryAccount(caller),
    PATH: ['System32', '.', 'System32\\Wbem', 'System32\\WindowsPowerShell\\v1.0']
      .map((folder) => path.win32.join(system.SystemRoot, folder))
      .join(';'),
    PATHEXT: '.COM;.EXE;.BAT;.CMD',
    COMSPEC: `${system.SystemRoot}\\System32\\cmd.exe`,
    windir: system.SystemRoot,
    USERPROFILE: room.home,
    HOMEDRIVE: path.win32.parse(room.home).root.replaceAll('\\', ''),
    HOMEPATH: room.home.slice(path.win32.parse(room.home).root.length - 1),
    APPDATA: `${room.home}\\AppData\\Roaming`,
    LOCALAPPDATA: `${room.home}\\AppData\\Local`,
    TEMP: room.temp,
    TMP: room.temp,
  };
}

/** Nothing but a PATH that leads nowhere; on Windows also what the system's own libraries need. */
export function emptyEnvironment(platform: PlatformId, caller: Environment, room: Room): Environment {
  if (PLATFORMS[platform].os !== 'windows') return { PATH: room.noPrograms };
  return { ...windowsSystem(caller), PATH: room.noPrograms, TEMP: room.temp, TMP: room.temp };
}

const HOME_VARIABLES: ReadonlySet<string> = new Set(['HOME', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH', 'APPDATA', 'LOCALAPPDATA']);

export function withoutHome(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !HOME_VARIABLES.has(name.toUpperCase()) && !name.startsWith('XDG_')),
  );
}

/**
 * A terminal or pipe that takes ASCII only. Python would turn to UTF-8 by itself in the C locale (PEP 538, PEP 540):
 * that is switched off, as it is on a Windows pipe.
 */
export function legacyEncoding(environment: Environment): Environment {
  const kept = Object.entries(environment).filter(([name]) => !/^(?:LANG|LC_\w+|PYTHONIOENCODING|PYTHONUTF8)$/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', PYTHONUTF8: '0', PYTHONCOERCECLOCALE: '0' };
}

/** What Windows gives each account alike: programs read the processor and the system's folders from it. */
const OF_EVERY_ACCOUNT: ReadonlySet<string> = new Set(
  'ALLUSERSPROFILE COMMONPROGRAMFILES COMMONPROGRAMFILES(X86) COMPUTERNAME NUMBER_OF_PROCESSORS OS PROCESSOR_ARCHITECTURE PROCESSOR_IDENTIFIER PROGRAMDATA PROGRAMFILES PROGRAMFILES(X86) PUBLIC USERDOMAIN USERNAME'.split(
    ' ',
  ),
);

function ofEveryAccount(caller: Environment): Environment {
  return Object.fromEntries(Object.entries(caller).filter(([name]) => OF_EVERY_ACCOUNT.has(name.toUpperCase())));
}

function windowsSystem(caller: Environment): { readonly SystemRoot: string; readonly SystemDrive: string } {
  const variable = (wanted: string) => Object.entries(caller).find(([name]) => name.toUpperCase() === wanted)?.[1];
  return { SystemRoot: variable('SYSTEMROOT') ?? 'C:\\Windows', SystemDrive: variable('SYSTEMDRIVE') ?? 'C:' };
}
