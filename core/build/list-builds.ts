/** Use-case: the newest builds, each settled. One that cannot be read never hides the others. */
import type { BuildPorts } from './build-ports';
import { buildStatus, isOpen, type BuildRecord } from './build-record';
import { settleBuild } from './settle-build';
import { toSlipwayError, type SlipwayError } from '../slipway-error';
import { buildIdsNewestFirst, findBuild } from './stored-build';

export interface ListBuildsOptions {
  readonly name?: string;
  readonly limit: number;
  /** A build that could not be read or settled. */
  readonly onProblem?: (problem: SlipwayError) => void;
}

export async function listBuilds(ports: BuildPorts, { name, limit, onProblem }: ListBuildsOptions): Promise<readonly BuildRecord[]> {
  const records: BuildRecord[] = [];
  if (limit < 1) return records;
  for await (const buildId of buildIdsNewestFirst(ports)) {
    try {
      const record = await findBuild(ports, buildId);
      if (record === undefined || (name !== undefined && record.name !== name)) continue;
      records.push(await settled(ports, record, onProblem));
    } catch (thrown) {
      onProblem?.(toSlipwayError(thrown));
    }
    if (records.length >= limit) break;
  }
  return records;
}

async function settled(ports: BuildPorts, record: BuildRecord, onProblem: ListBuildsOptions['onProblem']): Promise<BuildRecord> {
  if (!isOpen(buildStatus(record))) return record;
  try {
    return await settleBuild(ports, record.buildId);
  } catch (thrown) {
    onProblem?.(toSlipwayError(thrown));
    return record;
  }
}
