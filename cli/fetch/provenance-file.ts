/** Owns reading provenance that came with files, and holding it against them: a statement about other bytes is a reason to stop. */
import path from 'node:path';
import type { Artifact } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import type { Files } from '../../core/ports/files';
import { isSubject } from '../../core/provenance/slsa-provenance';
import { PROVENANCE_SUFFIX, readStatement, subjectOf, type ProvenanceStatement } from '../../core/provenance/statement';
import { SlipwayError } from '../../core/slipway-error';

/** What a statement says of files that it names. It is not signed: see docs/provenance.md. */
export interface ReadProvenance {
  readonly file: string;
  readonly builderId: string;
  readonly invocationId?: string;
  readonly sourceSha256?: string;
  readonly gitCommit?: string;
  readonly isSigned: false;
}

interface Hashed {
  readonly file: string;
  readonly sha256: string;
}

/**
 * @param hashed files of which it may name some
 * @throws SlipwayError `provenance-mismatch` where it names one of them with another digest
 */
export function provenanceFor(file: string, statement: ProvenanceStatement, hashed: readonly Hashed[]): ReadProvenance {
  for (const { file: place, sha256 } of hashed) {
    const named = statement.subject.find(({ name }) => name === path.basename(place));
    if (named === undefined || subjectOf(statement, sha256) !== undefined) continue;
    const expected = named.digest.sha256 ?? 'another digest';
    throw new SlipwayError('provenance-mismatch', `'${place}' has sha256 ${sha256}, and '${file}' is about ${expected}`, {
      hint: 'do not use it; fetch both again, or build it again with slipway start-build --no-cache',
      details: { file: place, provenance: file, expected, actual: sha256 },
    });
  }
  return readProvenance(file, statement);
}

/** Those in the folder that are about one of the files, by name or by digest. What is no statement is passed over. */
export async function provenancesBeside(files: Files, directory: string, hashed: readonly Hashed[]): Promise<readonly ReadProvenance[]> {
  const found: ReadProvenance[] = [];
  for (const { name, kind } of await files.list(directory)) {
    if (kind !== 'file' || !name.endsWith(PROVENANCE_SUFFIX)) continue;
    const statement = readStatement(await files.readText(path.join(directory, name)));
    const isAbout = hashed.some(
      ({ file, sha256 }) =>
        statement?.subject.some((subject) => subject.name === path.basename(file) || subject.digest.sha256 === sha256) === true,
    );
    if (statement !== undefined && isAbout) found.push(provenanceFor(name, statement, hashed));
  }
  return found;
}

/**
 * Of each platform of a build, held against everything else that it left.
 * @throws SlipwayError `provenance-mismatch`, also where a statement leaves out a product: it was about all of them
 */
export async function provenancesOfBuild(
  builds: BuildService,
  buildId: string,
  artifacts: readonly Artifact[],
): Promise<readonly ReadProvenance[]> {
  const found: ReadProvenance[] = [];
  for (const provenance of artifacts.filter(({ kind }) => kind === 'provenance')) {
    const chunks: Buffer[] = [];
    for await (const chunk of await builds.openArtifact(buildId, provenance)) chunks.push(chunk as Buffer);
    const statement = readStatement(Buffer.concat(chunks).toString('utf8'));
    const others = artifacts.filter((artifact) => artifact.platform === provenance.platform && isSubject(artifact));
    const missing = others.find(({ sha256 }) => statement === undefined || subjectOf(statement, sha256) === undefined);
    if (statement === undefined || missing !== undefined) {
      throw new SlipwayError(
        'provenance-mismatch',
        `'${provenance.file}' says nothing of '${missing?.file ?? 'the build'}' as it is stored`,
        {
          hint: 'do not use it; build it again with slipway start-build --no-cache',
          details: { provenance: provenance.file, file: missing?.file },
        },
      );
    }
    found.push(readProvenance(provenance.file, statement));
  }
  return found;
}

function readProvenance(file: string, { predicate }: ProvenanceStatement): ReadProvenance {
  const { builder, metadata } = predicate.runDetails;
  const dependencies = predicate.buildDefinition.resolvedDependencies ?? [];
  const sourceSha256 = dependencies.find(({ name }) => name === 'source')?.digest?.sha256;
  const gitCommit = dependencies.flatMap(({ digest }) => digest?.gitCommit ?? [])[0];
  return {
    file,
    builderId: builder.id,
    ...(metadata?.invocationId === undefined ? {} : { invocationId: metadata.invocationId }),
    ...(sourceSha256 === undefined ? {} : { sourceSha256 }),
    ...(gitCommit === undefined ? {} : { gitCommit }),
    isSigned: false,
  };
}
