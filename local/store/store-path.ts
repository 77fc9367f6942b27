/** Owns the way from a storage key to a place on disk, and the walk over the keys below a prefix. */
import path from 'node:path';
import type { Files } from '../../core/ports/files';
import { SlipwayError } from '../../core/slipway-error';
import { hasCode } from '../../core/build/stored-build';

/** Keys are made by `core/storage-key.ts`; one that could leave the store is a fault of ours. */
export function pathOfKey(storeDirectory: string, key: string): string {
  const parts = key.split('/');
  if (parts.some((part) => part === '' || part.startsWith('.') || /[\\:*?"<>|\0]/.test(part))) {
    throw new SlipwayError('internal', `'${key}' is no storage key`);
  }
  return path.join(storeDirectory, ...parts);
}

/** Keys of all files that start with `prefix`, ascending by code units. Names with a leading dot are not keys: they are being written. */
export async function keysBelow(files: Files, storeDirectory: string, prefix: string): Promise<readonly string[]> {
  const directory = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const keys = await walk(files, storeDirectory, directory, prefix);
  return keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

async function walk(files: Files, storeDirectory: string, directory: string, prefix: string): Promise<string[]> {
  const entries = await listOrNothing(files, path.join(storeDirectory, ...directory.split('/').filter((part) => part !== '')));
  const keys: string[] = [];
  for (const { name, kind } of entries) {
    const key = directory + name;
    if (name.startsWith('.')) continue;
    if (kind === 'directory' && (key.startsWith(prefix) || prefix.startsWith(`${key}/`))) {
      keys.push(...(await walk(files, storeDirectory, `${key}/`, prefix)));
    }
    if (kind === 'file' && key.startsWith(prefix)) keys.push(key);
  }
  return keys;
}

async function listOrNothing(files: Files, directory: string): ReturnType<Files['list']> {
  try {
    return await files.list(directory);
  } catch (thrown) {
    if (hasCode(thrown, 'file-not-found')) return [];
    throw thrown;
  }
}
