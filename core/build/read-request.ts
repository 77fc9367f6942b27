/** Reads the request of a build as it came: what its jobs, a retry and its provenance start from. */
import type { BuildPorts } from './build-ports';
import { StoredRequestSchema, type StoredRequest } from './build-request';
import { SlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

/** @throws SlipwayError `record-corrupt` */
export async function readRequest(ports: Pick<BuildPorts, 'ledger'>, buildId: string): Promise<StoredRequest> {
  const key = storageKey.buildRequest(buildId);
  const entry = await ports.ledger.read(key);
  const parsed = StoredRequestSchema.safeParse(entry?.body);
  if (parsed.success) return parsed.data;
  throw new SlipwayError(
    'record-corrupt',
    `the request of build '${buildId}' is ${entry === undefined ? 'gone' : 'damaged'}: '${entry?.place ?? key}'`,
    {
      hint: 'start a new build with slipway start-build',
      details: { place: entry?.place ?? key },
    },
  );
}
