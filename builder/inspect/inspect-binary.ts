/**
 * Owns what is learnt of a binary without running it: sizes, demands on the system, and secrets in what ships.
 * Each file is read once.
 */
import path from 'node:path';
import type { Job } from '../../core/job/job';
import { PLATFORMS } from '../../core/platform';
import type { CheckResult, Requires, SecretFinding } from '../../core/job/report';
import { createSecretScanner, type SecretScanner } from '../../core/inspection/secret-scan';
import { beyondBaseSystem } from '../../core/inspection/system-libraries';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { type ExecutableFile, readExecutable } from './executable-file';
import { unpackContent } from './packed-content';
import { summarizeRequirements } from './requirements';
import { type FolderEntry, walkFolder } from './walk-folder';

export interface Inspection {
  readonly folderBytes: number;
  readonly fileCount: number;
  readonly requires: Requires;
  readonly systemLibraries: string[];
  readonly secretsFound: SecretFinding[];
  readonly checks: readonly CheckResult[];
}

/** Larger files are scanned piece by piece, and neither unpacked nor read as executables. */
const MOST_BYTES_AT_ONCE = 1024 * 1024 * 1024;
const MOST_FINDINGS = 1_000;

/**
 * Reads every file that ships and, where there is one, of the folder as it was before packing.
 *
 * @throws SlipwayError of the file system, where a file cannot be read
 */
export async function inspectBinary(context: BuilderContext, job: Job, binary: BuiltBinary): Promise<Inspection> {
  const startedAtMs = context.clock.nowMs();
  const { files } = context;
  const shipped = await walkFolder(files, binary.directory);
  const unpacked = binary.inspectDirectory === undefined ? [] : await walkFolder(files, binary.inspectDirectory);
  const scanner = createSecretScanner(secretValues(context, job));
  const [shippedSight, unpackedSight] = [await readAll(context, scanner, shipped), await readAll(context, scanner, unpacked)];

  const main = await mainFile(context, binary);
  const names = [...shipped, ...unpacked].map(({ file }) => file);
  const executables = [...shippedSight.executables, ...unpackedSight.executables];
  const { requires, systemLibraries, misfits } = summarizeRequirements(job.platform, main, executables, names);
  const isMainKnown = executables.some(({ file }) => file === main) || (await isScript(context, binary.executable));
  const durationMs = context.clock.nowMs() - startedAtMs;
  return {
    folderBytes: shipped.reduce((sum, { stat }) => sum + (stat.kind === 'file' ? stat.sizeBytes : 0), 0),
    fileCount: shipped.filter(({ stat }) => stat.kind !== 'directory').length,
    requires,
    systemLibraries: [...systemLibraries],
    secretsFound: distinct([...shippedSight.secrets, ...unpackedSight.secrets]),
    checks: [
      judgeMachine(job, isMainKnown ? misfits : [`${main} is no program that a system could load`, ...misfits], durationMs),
      judgeLibraries(job, systemLibraries),
    ],
  };
}

/** The executable's place in its folder. Its name may be a link to it. */
async function mainFile({ files }: BuilderContext, { directory, executable }: BuiltBinary): Promise<string> {
  return path
    .relative(await files.realPath(directory), await files.realPath(executable))
    .split(path.sep)
    .join('/');
}

function secretValues(context: BuilderContext, job: Job): Readonly<Record<string, string>> {
  return Object.fromEntries(
    job.secretNames.flatMap((name) => (context.environment[name] === undefined ? [] : [[name, context.environment[name]]])),
  );
}

/** The system starts it by the interpreter that its first line names. */
async function isScript(context: BuilderContext, executable: string): Promise<boolean> {
  return Buffer.from(await context.files.readRange(executable, 0, 3))
    .toString('latin1')
    .startsWith('#!/');
}

interface Sight {
  readonly executables: readonly ExecutableFile[];
  readonly secrets: readonly SecretFinding[];
}

async function readAll(context: BuilderContext, scanner: SecretScanner, entries: readonly FolderEntry[]): Promise<Sight> {
  const executables: ExecutableFile[] = [];
  const secrets: SecretFinding[] = [];
  for (const { file, path: location, stat } of entries) {
    if (stat.kind !== 'file') continue;
    if (stat.sizeBytes > MOST_BYTES_AT_ONCE) {
      secrets.push(...(await scanStream(context, scanner, file, location)));
      continue;
    }
    const bytes = await context.files.readBytes(location);
    const executable = readExecutable(file, bytes);
    if (executable !== undefined) executables.push(executable);
    secrets.push(...scanner.scan(file, bytes));
    for await (const { name, bytes: inner, isLoaded } of unpackContent(bytes)) {
      const place = name === '' ? `${file}!` : `${file}!/${name}`;
      const library = isLoaded ? readExecutable(place, inner) : undefined;
      if (library !== undefined) executables.push(library);
      secrets.push(...scanner.scan(place, inner));
    }
  }
  return { executables, secrets };
}

async function scanStream(
  context: BuilderContext,
  scanner: SecretScanner,
  file: string,
  location: string,
): Promise<readonly SecretFinding[]> {
  const stream = scanner.open(file);
  for await (const chunk of context.files.openRead(location) as AsyncIterable<Uint8Array>) stream.push(chunk);
  return stream.end();
}

/** A file that lies in both folders is reported once. */
function distinct(findings: readonly SecretFinding[]): SecretFinding[] {
  const byPlace = new Map(findings.map((finding) => [`${finding.file}\0${finding.offset}\0${finding.kind}`, finding]));
  return [...byPlace.values()].slice(0, MOST_FINDINGS);
}

function judgeMachine(job: Job, misfits: readonly string[], durationMs: number): CheckResult {
  const title = `built-in: files are for ${job.platform}`;
  if (misfits.length === 0) return { title, kind: 'built-in', outcome: 'passed', durationMs };
  const [shown, hidden] = [misfits.slice(0, 5).join('; '), misfits.length - 5];
  return { title, kind: 'built-in', outcome: 'failed', reason: hidden > 0 ? `${shown}; and ${hidden} more` : shown, durationMs };
}

/** Never a failure: a program may want libraries of the system. Whoever ships it should know. */
function judgeLibraries(job: Job, systemLibraries: readonly string[]): CheckResult {
  const missing = beyondBaseSystem(PLATFORMS[job.platform].os, systemLibraries);
  return {
    title: 'built-in: libraries of the system',
    kind: 'built-in',
    outcome: 'passed',
    ...(missing.length === 0 ? {} : { reason: `a bare system may lack ${missing.join(', ')}` }),
    durationMs: 0,
  };
}
