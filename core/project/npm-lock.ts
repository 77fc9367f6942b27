/**
 * Owns what a package.json and its lock say of each other: whether there is a lock that npm can install from, and whether it still fits.
 * Format: https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json
 */
import { z } from 'zod';
import { SlipwayError } from '../slipway-error';

/** In the order in which npm itself looks for them. */
export const NPM_LOCK_FILES = ['npm-shrinkwrap.json', 'package-lock.json'] as const;
/** Locks of other package managers, by file. */
const FOREIGN_LOCKS: Readonly<Record<string, string>> = {
  'yarn.lock': 'Yarn',
  'pnpm-lock.yaml': 'pnpm',
  'bun.lock': 'Bun',
  'bun.lockb': 'Bun',
};
export const FOREIGN_LOCK_FILES: readonly string[] = Object.keys(FOREIGN_LOCKS);
export const LOCK_COMMAND = 'npm install --package-lock-only';

const DEPENDENCY_KEYS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
const names = z.record(z.string(), z.string()).optional().catch(undefined);
const ManifestSchema = z.object({ dependencies: names, devDependencies: names, optionalDependencies: names });
const LockSchema = z.object({ lockfileVersion: z.number().optional(), packages: z.record(z.string(), z.unknown()).optional() });

type Manifest = z.infer<typeof ManifestSchema>;

/** Whether anything has to be installed. */
export function hasNpmDependencies(packageJson: string, isDevWanted: boolean): boolean {
  const manifest = manifestOf(packageJson);
  const keys = isDevWanted ? DEPENDENCY_KEYS : (['dependencies', 'optionalDependencies'] as const);
  return keys.some((key) => Object.keys(manifest[key] ?? {}).length > 0);
}

/** What is said where there are dependencies and no lock. */
export function npmLockMissing(foreignLock: string | undefined): SlipwayError {
  if (foreignLock !== undefined) {
    return new SlipwayError(
      'lock-unsupported',
      `no way to install from '${foreignLock}', the lock of ${FOREIGN_LOCKS[foreignLock] ?? 'another tool'}`,
      {
        hint: `make one for npm beside it: ${LOCK_COMMAND}`,
      },
    );
  }
  return new SlipwayError('lock-missing', "there is no 'package-lock.json' beside package.json, which names dependencies", {
    hint: `make it: ${LOCK_COMMAND}`,
  });
}

/**
 * @param lockFile as it is named to a person
 * @returns undefined where the lock was made for this package.json
 */
export function npmLockProblem(packageJson: string, lock: string, lockFile: string): SlipwayError | undefined {
  const parsed = LockSchema.safeParse(jsonOf(lock)).data;
  if (parsed === undefined) {
    return new SlipwayError('lock-unsupported', `'${lockFile}' is no lock of npm`, { hint: `make it anew: ${LOCK_COMMAND}` });
  }
  if (parsed.packages === undefined) {
    return new SlipwayError('lock-unsupported', `'${lockFile}' was made by npm 6 or older, and says too little`, {
      hint: `make it anew: ${LOCK_COMMAND}`,
    });
  }
  const locked = ManifestSchema.safeParse(parsed.packages[''] ?? {}).data ?? {};
  const manifest = manifestOf(packageJson);
  const changed = DEPENDENCY_KEYS.flatMap((key) => differences(manifest[key] ?? {}, locked[key] ?? {}));
  if (changed.length === 0) return undefined;
  return new SlipwayError('lock-stale', `'${lockFile}' does not fit package.json any more: ${[...new Set(changed)].sort().join(', ')}`, {
    hint: `bring it up to date with: ${LOCK_COMMAND}`,
    details: { lock: lockFile, changed: [...new Set(changed)].sort() },
  });
}

function differences(wanted: Readonly<Record<string, string>>, locked: Readonly<Record<string, string>>): readonly string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(locked)])].filter((name) => wanted[name] !== locked[name]);
}

function manifestOf(packageJson: string): Manifest {
  return ManifestSchema.safeParse(jsonOf(packageJson)).data ?? {};
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
