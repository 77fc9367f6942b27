/** Owns the step that writes the checksums, in the format of `sha256sum -c`, and lists the artifacts. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { CHECKSUMS_FILE, checksumFileName } from '../../core/job/artifact-name';
import type { ReportArtifact } from '../../core/job/report';
import type { BuilderContext } from '../builder-context';
import { inJob, STAGED_DIRECTORY } from '../job-layout';
import type { PackedArchive } from './pack';

/**
 * Reads each file again: what is hashed is what is stored. An archive has a list of its own besides, because it is what people fetch.
 * @param sboms names of the lists of what is in the archives
 * @returns every artifact, sorted by file
 */
export async function writeChecksums(
  context: BuilderContext,
  archives: readonly PackedArchive[],
  sboms: readonly string[],
): Promise<readonly ReportArtifact[]> {
  const artifacts: ReportArtifact[] = [];
  const lines: string[] = [];
  const staged = (file: string) => path.join(inJob(context, STAGED_DIRECTORY), file);
  const writeText = async (file: string, kind: ReportArtifact['kind'], text: string) => {
    await context.files.write(staged(file), text, { mode: 0o644 });
    artifacts.push({ file, kind, sizeBytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') });
  };
  const listed = [
    ...archives.map(({ file }) => ({ file, kind: 'archive' as const })),
    ...sboms.map((file) => ({ file, kind: 'sbom' as const })),
  ];
  for (const { file, kind } of listed.sort((a, b) => (a.file < b.file ? -1 : 1))) {
    const hashed = await hashFile(context, staged(file));
    artifacts.push({ file, kind, ...hashed });
    const line = `${hashed.sha256}  ${file}\n`;
    lines.push(line);
    if (kind === 'archive') await writeText(checksumFileName(file), 'checksum', line);
  }
  await writeText(CHECKSUMS_FILE, 'checksums', lines.join(''));
  return artifacts.sort((a, b) => (a.file < b.file ? -1 : 1));
}

async function hashFile(context: BuilderContext, file: string): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of context.files.openRead(file) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
