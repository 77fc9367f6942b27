/**
 * Owns what a source tree's git folder says about ignored files: where the tree's top is, `info/exclude`, and which files the
 * index lists. Reads git's files itself, so that a machine without git packs the same bytes. Never decides what is packed.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The nearest folder at or above `directory` that holds a repository, or undefined. */
export function findGitTop(directory: string): string | undefined {
  for (let at = directory; ; at = path.dirname(at)) {
    if (isGitTop(at)) return at;
    if (path.dirname(at) === at) return undefined;
  }
}

/** Whether a repository begins here: a folder `.git` with a HEAD, or a file `.git` that names one (worktrees, submodules). */
export function isGitTop(directory: string): boolean {
  const gitDirectory = gitDirectoryOf(directory);
  return gitDirectory !== undefined && existsSync(path.join(gitDirectory, 'HEAD'));
}

/** `info/exclude` of the repository that begins at `top`, one character per byte; undefined where there is none. */
export function readInfoExclude(top: string): string | undefined {
  const gitDirectory = gitDirectoryOf(top);
  if (gitDirectory === undefined) return undefined;
  const shared = readText(path.join(gitDirectory, 'commondir'))?.trim();
  return readText(path.join(shared === undefined ? gitDirectory : path.resolve(gitDirectory, shared), 'info', 'exclude'));
}

/** The paths that the index of the repository at `top` lists, relative to it; undefined where it cannot be read. */
export function readTrackedPaths(top: string): readonly string[] | undefined {
  const gitDirectory = gitDirectoryOf(top);
  if (gitDirectory === undefined) return undefined;
  try {
    return parseIndex(readFileSync(path.join(gitDirectory, 'index')));
  } catch {
    // Only a warning depends on it: an index that cannot be read is as good as none.
    return undefined;
  }
}

function gitDirectoryOf(top: string): string | undefined {
  const dotGit = path.join(top, '.git');
  const pointer = readText(dotGit);
  if (pointer === undefined) return existsSync(dotGit) ? dotGit : undefined;
  const target = /^gitdir: ([^\r\n]+)/.exec(pointer)?.[1];
  return target === undefined ? undefined : path.resolve(top, Buffer.from(target, 'latin1').toString('utf8'));
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

/** git's index format, versions 2 to 4 (gitformat-index). Version 4 shortens each path by what it shares with the one before. */
function parseIndex(index: Buffer): readonly string[] | undefined {
  if (index.toString('latin1', 0, 4) !== 'DIRC') return undefined;
  const version = index.readUInt32BE(4);
  if (version < 2 || version > 4) return undefined;
  const paths: string[] = [];
  let previous = Buffer.alloc(0);
  for (let at = 12, left = index.readUInt32BE(8); left > 0; left--) {
    const start = at;
    const flags = index.readUInt16BE(at + 60);
    at += version >= 3 && (flags & 0x4000) !== 0 ? 64 : 62;
    let kept = Buffer.alloc(0);
    if (version === 4) {
      const dropped = readOffset(index, at);
      kept = previous.subarray(0, previous.length - dropped.value);
      at = dropped.next;
    }
    const end = index.indexOf(0, at);
    if (end < 0) return undefined;
    previous = Buffer.concat([kept, index.subarray(at, end)]);
    paths.push(previous.toString('utf8'));
    at = version === 4 ? end + 1 : start + ((end - start + 8) & ~7);
  }
  return paths;
}

/** git's variable-length offset: seven bits a byte, each continuation adds one. */
function readOffset(bytes: Buffer, from: number): { readonly value: number; readonly next: number } {
  let at = from;
  let byte = bytes.readUInt8(at++);
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = bytes.readUInt8(at++);
    value = ((value + 1) << 7) | (byte & 0x7f);
  }
  return { value, next: at };
}
