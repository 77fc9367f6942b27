/** `slipway verify`: the stored files of a build against its manifest and provenance, or a file against what lies beside it. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { BuildService } from '../../core/build/build-service';
import type { Files } from '../../core/ports/files';
import { SlipwayError } from '../../core/slipway-error';
import { PROVENANCE_SUFFIX, readStatement } from '../../core/provenance/statement';
import { openTarget } from '../target-services';
import { parseChecksums, type ListedChecksum } from '../fetch/checksum-file';
import type { CliCommand } from '../command';
import type { CommandResult } from '../context';
import { checksumMismatch, sha256OfFile } from '../fetch/fetch-file';
import { provenanceFor, provenancesBeside, provenancesOfBuild, type ReadProvenance } from '../fetch/provenance-file';
import { describeProvenance } from '../show/provenance-text';

interface Verified {
  readonly file: string;
  readonly sha256: string;
}

export const command: CliCommand = {
  define(command) {
    command
      .argument('[build|file]', 'a build, or a file with a .sha256, SHA256SUMS or manifest.json beside it', 'latest')
      .addHelpText(
        'after',
        '\nEvery file that does not match is named; the exit code is then 12. Where provenance is there, it has to name the same digests.',
      );
  },
  async run(context, [subject = 'latest']) {
    const files = await context.files();
    const file = path.resolve(context.workingDirectory, subject);
    if ((await files.stat(file))?.kind === 'file') return verifyFile(files, file);
    if (/[\\/]|\.(sha256|zip|gz|tgz|json|sh|ps1)$/.test(subject)) {
      throw new SlipwayError('file-not-found', `there is no file '${subject}'`, { hint: 'give a file that is there, or a build' });
    }
    const { builds, name } = await openTarget(context);
    return verifyBuild(builds, subject, name);
  },
};

async function verifyBuild(builds: BuildService, reference: string, name: string | undefined): Promise<CommandResult> {
  const record = await builds.status(reference, name, 'succeeded');
  const manifest = await builds.manifest(record.buildId);
  if (manifest === undefined) {
    throw new SlipwayError('build-open', `build '${record.buildId}' is not finished`, {
      hint: `wait with slipway status ${record.buildId} --watch`,
    });
  }
  if (manifest.artifacts.length === 0) {
    throw new SlipwayError('no-artifacts', `build '${record.buildId}' has no artifacts`, { hint: `see slipway status ${record.buildId}` });
  }
  const verified: Verified[] = [];
  for (const artifact of manifest.artifacts) {
    const hash = createHash('sha256');
    for await (const chunk of await builds.openArtifact(record.buildId, artifact)) hash.update(chunk as Buffer);
    const sha256 = hash.digest('hex');
    if (sha256 !== artifact.sha256) throw checksumMismatch(artifact.file, artifact.sha256, sha256);
    verified.push({ file: `${artifact.platform}/${artifact.file}`, sha256 });
  }
  const proved = await provenancesOfBuild(builds, record.buildId, manifest.artifacts);
  return resultOf(verified, { buildId: record.buildId }, proved);
}

async function verifyFile(files: Files, file: string): Promise<CommandResult> {
  if (file.endsWith(PROVENANCE_SUFFIX)) return verifySubjects(files, file);
  const { listed, from } = await checksumsFor(files, file);
  const verified: Verified[] = [];
  const wrong: SlipwayError[] = [];
  for (const entry of listed) {
    const place = path.join(path.dirname(file), entry.file);
    const sha256 = await sha256OfFile(files, place);
    if (sha256 === entry.sha256) verified.push({ file: place, sha256 });
    else wrong.push(checksumMismatch(place, entry.sha256, sha256));
  }
  const [first] = wrong;
  if (first === undefined) return resultOf(verified, { checksums: from }, await provenancesBeside(files, path.dirname(file), verified));
  if (wrong.length === 1) throw first;
  throw new SlipwayError(
    'checksum-mismatch',
    `${wrong.length} files do not match: ${wrong.map((error) => `'${String(error.details.file)}'`).join(', ')}`,
    {
      ...(first.hint === undefined ? {} : { hint: first.hint }),
      details: { files: wrong.map((error) => error.details) },
    },
  );
}

/** A list proves what it names; any other file is proved by a list beside it. */
async function checksumsFor(files: Files, file: string): Promise<{ readonly listed: readonly ListedChecksum[]; readonly from: string }> {
  const name = path.basename(file);
  if (name === 'SHA256SUMS' || name.endsWith('.sha256')) {
    const listed = parseChecksums(await files.readText(file));
    if (listed !== undefined) return { listed: listed.map((entry) => ({ ...entry, file: plainName(entry.file, file) })), from: file };
    throw new SlipwayError('checksum-unknown', `'${file}' is no list of checksums`, { hint: 'fetch it again with slipway download' });
  }
  const directory = path.dirname(file);
  for (const candidate of [`${file}.sha256`, path.join(directory, 'SHA256SUMS')]) {
    if ((await files.stat(candidate))?.kind !== 'file') continue;
    const listed = parseChecksums(await files.readText(candidate))?.filter((entry) => entry.file === name);
    if (listed !== undefined && listed.length > 0) return { listed, from: candidate };
  }
  const manifest = await manifestChecksums(files, path.join(directory, 'manifest.json'), name);
  if (manifest.length > 0) return { listed: manifest, from: path.join(directory, 'manifest.json') };
  throw new SlipwayError('checksum-unknown', `no checksum of '${file}' is known`, {
    hint: `put ${name}.sha256, SHA256SUMS or manifest.json beside it: slipway download fetches them`,
  });
}

function plainName(name: string, list: string): string {
  if (name === path.basename(name) && name !== '..') return name;
  throw new SlipwayError('checksum-unknown', `'${list}' names '${name}', which is not beside it`, { hint: 'fetch the list again' });
}

async function manifestChecksums(files: Files, manifest: string, name: string): Promise<readonly ListedChecksum[]> {
  if ((await files.stat(manifest))?.kind !== 'file') return [];
  const { BuildManifestSchema } = await import('../../core/build/build-manifest');
  let body: unknown;
  try {
    body = JSON.parse(await files.readText(manifest));
  } catch {
    return []; // Some other file of that name.
  }
  const artifacts = BuildManifestSchema.safeParse(body).data?.artifacts ?? [];
  return artifacts.filter((artifact) => artifact.file === name).map(({ file, sha256 }) => ({ file, sha256 }));
}

/** What a statement names and what is there beside it: the other files may have been left where they were. */
async function verifySubjects(files: Files, file: string): Promise<CommandResult> {
  const statement = readStatement(await files.readText(file));
  if (statement === undefined) {
    throw new SlipwayError('checksum-unknown', `'${file}' is no provenance of a build`, { hint: 'fetch it again with slipway download' });
  }
  const verified: Verified[] = [];
  for (const { name } of statement.subject) {
    const place = name === undefined ? undefined : path.join(path.dirname(file), plainName(name, file));
    if (place === undefined || (await files.stat(place))?.kind !== 'file') continue;
    verified.push({ file: place, sha256: await sha256OfFile(files, place) });
  }
  if (verified.length === 0) {
    throw new SlipwayError('checksum-unknown', `nothing that '${file}' names is beside it`, {
      hint: `put one of them there: ${statement.subject.map(({ name }) => name ?? '').join(', ')}`,
    });
  }
  return resultOf(verified, { provenanceFile: file }, [provenanceFor(path.basename(file), statement, verified)]);
}

function resultOf(
  verified: readonly Verified[],
  source: Readonly<Record<string, string>>,
  provenance: readonly ReadProvenance[],
): CommandResult {
  const lines = verified.map(({ file, sha256 }) => `ok  ${file}  sha256 ${sha256}`);
  return { data: { ...source, verified, provenance }, text: [...lines, ...provenance.flatMap(describeProvenance)].join('\n') };
}
