/** Joins what keeps records and files on this machine: both in the store of one home folder, records behind its locks. */
import { hostname } from 'node:os';
import path from 'node:path';
import type { Clock, Randomness } from '../../core/ports/clock';
import type { Files } from '../../core/ports/files';
import type { Ledger } from '../../core/ports/ledger';
import { createFolderArtifactStore, type FolderArtifactStore } from './artifact-store-folder';
import { createFileLock } from './file-lock';
import { createFolderLedger } from './ledger-folder';

export interface LocalStoreOptions {
  readonly files: Files;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** `$SLIPWAY_HOME`, absolute. */
  readonly homeDirectory: string;
  /** Whether a process of this machine still runs: the lock of one that does not is broken. */
  readonly isAlive: (pid: number) => boolean;
}

export function openLocalStore(options: LocalStoreOptions): { readonly ledger: Ledger; readonly store: FolderArtifactStore } {
  const { files, clock, randomness, homeDirectory, isAlive } = options;
  const storeDirectory = path.join(homeDirectory, 'store');
  const directory = path.join(homeDirectory, 'locks');
  const lock = createFileLock({ files, clock, randomness, directory, hostName: hostname(), pid: process.pid, isAlive });
  return { ledger: createFolderLedger(files, storeDirectory, lock), store: createFolderArtifactStore(files, storeDirectory) };
}
