/**
 * Use-case: the newest builds, each settled. One that cannot be read never hides the others.
 * A list of N costs one look at the index and one read per row, and the runner is asked about all open jobs together.
 */
import type { BuildPorts } from '../build-ports';
import { buildStatus, isOpen, type BuildRecord } from '../build-record';
import { settleConcurrently, STORE_CONCURRENCY } from '../../concurrency';
import { finishBuild } from '../end/finish-build';
import { settleRecords } from './settle-build';
import { toSlipwayError, type SlipwayError } from '../../slipway-error';
import { buildIdsNewestFirst, buildNotFound, findBuild } from '../stored-build';

type OnProblem = (problem: SlipwayError) => void;

export interface ListBuildsOptions {
  readonly name?: string;
  readonly limit: number;
  /** A build that could not be read or settled. */
  readonly onProblem?: OnProblem;
}

/** Of one page of the index, where rows of one application are picked out. */
const SMALLEST_PAGE = 50;

export async function listBuilds(ports: BuildPorts, { name, limit, onProblem }: ListBuildsOptions): Promise<readonly BuildRecord[]> {
  const rows: BuildRecord[] = [];
  const ids = buildIdsNewestFirst(ports, name === undefined ? Math.max(limit, 1) : Math.max(limit, SMALLEST_PAGE));
  let isExhausted = false;
  while (rows.length < limit && !isExhausted) {
    const page = await take(ids, limit - rows.length);
    isExhausted = page.length < limit - rows.length;
    const records = await readAll(ports, page, onProblem);
    rows.push(...records.filter((record) => name === undefined || record.name === name));
  }
  return settleAll(ports, rows, onProblem);
}

/** Builds by their ids, in that order; one that is not there is a problem like one that cannot be read. */
export async function getStatuses(ports: BuildPorts, buildIds: readonly string[], onProblem: OnProblem): Promise<readonly BuildRecord[]> {
  const records = await readAll(ports, [...new Set(buildIds)], onProblem, (buildId) => onProblem(buildNotFound(buildId)));
  return settleAll(ports, records, onProblem);
}

async function take(ids: AsyncGenerator<string>, count: number): Promise<readonly string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const next = await ids.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

async function readAll(
  ports: BuildPorts,
  buildIds: readonly string[],
  onProblem: OnProblem | undefined,
  onMissing?: (buildId: string) => void,
): Promise<readonly BuildRecord[]> {
  const outcomes = await settleConcurrently(buildIds, STORE_CONCURRENCY, (buildId) => findBuild(ports, buildId));
  return outcomes.flatMap((outcome, at) => {
    if (outcome.status === 'rejected') onProblem?.(toSlipwayError(outcome.reason));
    else if (outcome.value !== undefined) return [outcome.value];
    else onMissing?.(buildIds[at] ?? '');
    return [];
  });
}

/** What cannot be settled is shown as it stands. */
async function settleAll(
  ports: BuildPorts,
  rows: readonly BuildRecord[],
  onProblem: OnProblem | undefined,
): Promise<readonly BuildRecord[]> {
  const settled = await settleRecords(ports, rows);
  for (const { problem } of settled) if (problem !== undefined) onProblem?.(toSlipwayError(problem));
  const ended = settled.filter(({ record }, at) => !isOpen(buildStatus(record)) && isOpen(buildStatus(rows[at] ?? record)));
  const finished = await settleConcurrently(ended, STORE_CONCURRENCY, ({ record }) => finishBuild(ports, record));
  for (const outcome of finished) if (outcome.status === 'rejected') onProblem?.(toSlipwayError(outcome.reason));
  return settled.map(({ record }) => record);
}
