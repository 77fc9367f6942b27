/** Use-case: what a person typed for a build -> its id. */
import type { BuildPorts } from './build-ports';
import { buildStatus, type BuildRecord } from './build-record';
import type { Latest } from './build-service';
import { IdSchema, normalizeId } from '../identifier';
import { readPointer } from './pointer';
import { SlipwayError, toSlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';
import { buildIdsNewestFirst, buildNotFound, findBuild, hasCode } from './stored-build';

const SHORTEST_PREFIX = 4;
const MOST_NAMED = 10;

export interface ResolveOptions {
  /** The application: needed for the newest that succeeded, and narrows the newest that was started. */
  readonly name?: string;
  readonly latest?: Latest;
}

/**
 * @param reference an id, 4 or more characters of one, or `latest`
 * @throws SlipwayError `build-not-found`, `build-ambiguous`, `build-reference-invalid`
 */
export async function resolveBuild(ports: Pick<BuildPorts, 'ledger'>, reference: string, options: ResolveOptions = {}): Promise<string> {
  if (reference === 'latest') {
    return options.latest === 'succeeded' ? newestSucceeded(ports, options.name) : newestStarted(ports, options.name);
  }
  const prefix = normalizeId(reference.trim());
  if (!/^[0-9a-hjkmnp-tv-z]*$/.test(prefix) || prefix.length > 16) throw invalidReference(reference);
  if (IdSchema.safeParse(prefix).success) {
    if ((await ports.ledger.read(storageKey.buildRecord(prefix))) === undefined) throw buildNotFound(reference);
    return prefix;
  }
  if (prefix.length < SHORTEST_PREFIX) throw invalidReference(reference);
  return buildWithPrefix(ports, prefix, reference);
}

function invalidReference(reference: string): SlipwayError {
  return new SlipwayError('build-reference-invalid', `'${reference}' is no build`, {
    hint: `give an id as slipway builds shows it, at least ${SHORTEST_PREFIX} characters of one, or latest`,
  });
}

async function buildWithPrefix(ports: Pick<BuildPorts, 'ledger'>, prefix: string, reference: string): Promise<string> {
  const keys = await ports.ledger.keys(storageKey.buildRecords + prefix, { limit: MOST_NAMED + 1 });
  const ids = keys
    .map((key) => key.slice(storageKey.buildRecords.length).replace(/\.json$/, ''))
    .filter((id) => IdSchema.safeParse(id).success);
  const [only] = ids;
  if (only === undefined) throw buildNotFound(reference);
  if (ids.length === 1) return only;
  const named = ids.slice(0, MOST_NAMED).join(', ') + (ids.length > MOST_NAMED ? ', …' : '');
  throw new SlipwayError('build-ambiguous', `'${reference}' is the start of several builds: ${named}`, {
    hint: 'give more characters of the one you mean',
    details: { builds: ids.slice(0, MOST_NAMED) },
  });
}

async function newestStarted(ports: Pick<BuildPorts, 'ledger'>, name: string | undefined): Promise<string> {
  const buildId = await newestOf(ports, (record) => name === undefined || record.name === name);
  if (buildId !== undefined) return buildId;
  throw new SlipwayError('build-not-found', name === undefined ? 'there is no build yet' : `there is no build of '${name}' yet`, {
    hint: 'run slipway start-build',
  });
}

/** @throws SlipwayError `record-corrupt` where none is meant among those that can be read: the damaged one may have been */
async function newestOf(ports: Pick<BuildPorts, 'ledger'>, isMeant: (record: BuildRecord) => boolean): Promise<string | undefined> {
  let damage: SlipwayError | undefined;
  for await (const buildId of buildIdsNewestFirst(ports, 20)) {
    try {
      const record = await findBuild(ports, buildId);
      // A trial is one of four: who says `latest` does not mean it.
      if (record !== undefined && record.trial === undefined && isMeant(record)) return buildId;
    } catch (thrown) {
      // A damaged record must not hide the builds of other applications; one that is asked for by id says what is wrong.
      if (!hasCode(thrown, 'record-corrupt')) throw thrown;
      damage ??= toSlipwayError(thrown);
    }
  }
  if (damage !== undefined) throw damage;
  return undefined;
}

async function newestSucceeded(ports: Pick<BuildPorts, 'ledger'>, name: string | undefined): Promise<string> {
  if (name === undefined) {
    throw new SlipwayError('build-reference-invalid', "'latest' needs the name of an application", {
      hint: 'give --app NAME or a build id, or run it where a slipway.yaml is',
    });
  }
  const buildId =
    (await readPointer(ports, name))?.buildId ??
    (await newestOf(ports, (record) => record.name === name && buildStatus(record) === 'succeeded'));
  if (buildId !== undefined) return buildId;
  throw new SlipwayError('build-not-found', `no build of '${name}' has succeeded yet`, { hint: 'run slipway start-build --wait' });
}
