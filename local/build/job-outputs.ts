/** Owns the way of a job's results from its `out/` folder to its staging area: the report last, so that it vouches for what is there. */
import path from 'node:path';
import { Readable } from 'node:stream';
import { LARGEST_REPORT_BYTES } from '../../core/build/end/job-verdict';
import type { ArtifactStore } from '../../core/ports/artifact-store';
import type { Files } from '../../core/ports/files';
import { redact } from '../../core/redaction';
import { ReportSchema } from '../../core/job/report';
import type { JobDirectory } from './job-directory';

/** These hold digests and sizes, not text of tools: masking in them could only damage them. */
const EXACT_KEYS: ReadonlySet<string> = new Set(['artifacts', 'source', 'buildId', 'schemaVersion', 'name', 'version', 'platform']);

/**
 * Does nothing where no report is. Links and folders in `out/` are no results.
 * @param prefix the staging prefix, with a slash at its end
 * @param secrets values that must not reach a record, whatever the builder wrote
 */
export async function stageOutputs(
  ports: { readonly files: Files; readonly artifacts: ArtifactStore },
  directory: JobDirectory,
  prefix: string,
  secrets: readonly string[],
): Promise<void> {
  const { files, artifacts } = ports;
  const stat = await files.stat(directory.report);
  if (stat?.kind !== 'file') return;
  const text = stat.sizeBytes > LARGEST_REPORT_BYTES ? '' : redactReport(await files.readText(directory.report), secrets);
  for (const file of namedFiles(text)) {
    const from = path.join(directory.out, file);
    if ((await files.stat(from))?.kind === 'file') await artifacts.put(prefix + file, () => files.openRead(from), {});
  }
  await artifacts.put(`${prefix}report.json`, () => Readable.from([Buffer.from(text, 'utf8')]), {});
}

function namedFiles(reportText: string): readonly string[] {
  try {
    const report = ReportSchema.safeParse(JSON.parse(reportText)).data;
    if (report?.outcome !== 'succeeded') return [];
    return [...new Set(report.artifacts.map((artifact) => artifact.file))].filter((file) => file !== 'report.json');
  } catch {
    return []; // No report of ours; the settlement says what is wrong with it.
  }
}

/** Masks secrets in every text of the report. */
export function redactReport(text: string, secrets: readonly string[]): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return redact(text, secrets);
  }
  if (typeof body !== 'object' || body === null) return redact(text, secrets);
  const masked = Object.entries(body).map(([key, value]) => [key, EXACT_KEYS.has(key) ? (value as unknown) : redactValue(value, secrets)]);
  return JSON.stringify(Object.fromEntries(masked));
}

function redactValue(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return redact(value, secrets);
  if (Array.isArray(value)) return value.map((inner) => redactValue(inner, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactValue(inner, secrets)]));
}
