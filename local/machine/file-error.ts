/** Owns what the system's errors about files mean: code, words and the next thing to do. */
import { SlipwayError, type ErrorCode } from '../../core/slipway-error';

const CODE_OF_ERRNO: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'file-not-found',
  ENOTDIR: 'file-not-found',
  EEXIST: 'file-exists',
  ENOTEMPTY: 'file-exists',
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  EROFS: 'permission-denied',
};

const TEXT_OF_CODE: Partial<Record<ErrorCode, string>> = {
  'file-not-found': 'there is no file',
  'file-exists': 'something is already at',
  'disk-full': 'the disk is full: cannot write',
  'permission-denied': 'no permission for',
};

const HINT_OF_CODE: Partial<Record<ErrorCode, string>> = {
  'disk-full': 'free some space and run the command again',
  'permission-denied': 'check who owns the file and its folder',
  'io-failed': 'see whether the disk is there and sound, and run the command again',
};

/** The system's name of the error, such as ENOENT; empty where it gave none. */
export function errnoOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
}

/** The SlipwayError for what node:fs threw about `file`. */
export function fileError(thrown: unknown, file: string): SlipwayError {
  const errno = errnoOf(thrown);
  const code = CODE_OF_ERRNO[errno] ?? 'io-failed';
  if (errno === 'EISDIR') return misplaced(`a folder is where a file should be: '${file}'`, file, thrown);
  const hint = HINT_OF_CODE[code];
  return new SlipwayError(code, `${TEXT_OF_CODE[code] ?? `the system answered ${errno || 'an error'} for`} '${file}'`, {
    details: { path: file, errno },
    cause: thrown,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What stands at `place` keeps something else from standing there. */
export function misplaced(message: string, place: string, cause: unknown): SlipwayError {
  return new SlipwayError('io-failed', message, {
    hint: `move '${place}' away and run the command again`,
    details: { path: place, errno: errnoOf(cause) },
    cause,
  });
}
