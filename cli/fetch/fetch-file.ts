/** Owns putting files of a build into a folder: each appears whole and proved, or not at all, and nothing that is there is lost. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Artifact } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import type { FetchedFile } from '../../core/build/fetch-artifacts';
import type { Files } from '../../core/ports/files';
import { SlipwayError } from '../../core/slipway-error';

export interface FetchedPath {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** It was there already, byte for byte. */
  readonly wasThere: boolean;
}

export async function sha256OfFile(files: Files, file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of files.openRead(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** @throws SlipwayError `download-conflict` naming everything that stands in the way, before anything is written */
export async function requireFree(
  files: Files,
  into: string,
  wanted: readonly FetchedFile[],
  isForced: boolean,
): Promise<ReadonlySet<string>> {
  await requireFolder(files, into);
  const present = new Set<string>();
  const inTheWay: string[] = [];
  for (const { path: name, parts } of wanted) {
    const place = path.join(into, ...name.split('/'));
    const stat = await files.stat(place);
    if (stat === undefined) continue;
    const [only] = parts;
    const isSame =
      parts.length === 1 &&
      stat.kind === 'file' &&
      stat.sizeBytes === only?.sizeBytes &&
      (await sha256OfFile(files, place)) === only.sha256;
    if (isSame) present.add(name);
    else if (!isForced || stat.kind !== 'file') inTheWay.push(place);
  }
  if (inTheWay.length > 0) throw conflict(inTheWay);
  return present;
}

/** A folder that is not there yet is made. A link that leads nowhere is no folder. */
async function requireFolder(files: Files, into: string): Promise<void> {
  const kind = (await files.stat(into))?.kind;
  const target = kind === 'link' ? await files.realPath(into).catch(() => undefined) : into;
  if (kind === undefined || (target !== undefined && (await files.stat(target))?.kind === 'directory')) return;
  throw new SlipwayError('download-conflict', `'${into}' is no folder`, {
    hint: 'use --into with a folder: one that is not there is made',
    details: { paths: [into] },
  });
}

export function conflict(places: readonly string[]): SlipwayError {
  return new SlipwayError('download-conflict', `something else is already at ${places.map((place) => `'${place}'`).join(', ')}`, {
    hint: 'use --into with another folder, or --force to replace it',
    details: { paths: places },
  });
}

/** @throws SlipwayError `checksum-mismatch`; nothing is left at its place then */
export async function fetchFile(
  files: Files,
  builds: BuildService,
  buildId: string,
  into: string,
  wanted: FetchedFile,
): Promise<FetchedPath> {
  const place = path.join(into, ...wanted.path.split('/'));
  const whole = createHash('sha256');
  let sizeBytes = 0;
  await files.writeStream(place, (sink) =>
    pipeline(async function* () {
      for (const part of wanted.parts) {
        for await (const chunk of proved(await builds.openArtifact(buildId, part), part)) {
          whole.update(chunk);
          sizeBytes += chunk.length;
          yield chunk;
        }
      }
    }, sink),
  );
  return { path: place, sha256: whole.digest('hex'), sizeBytes, wasThere: false };
}

async function* proved(content: Readable, artifact: Artifact): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of content as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = hash.digest('hex');
  if (actual !== artifact.sha256) throw checksumMismatch(artifact.file, artifact.sha256, actual);
}

export function checksumMismatch(file: string, expected: string, actual: string): SlipwayError {
  return new SlipwayError('checksum-mismatch', `'${file}' has sha256 ${actual}, expected ${expected}`, {
    hint: 'do not use it; fetch it again, or build it again with slipway start-build --no-cache',
    details: { file, expected, actual },
  });
}
