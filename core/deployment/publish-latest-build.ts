/**
 * Use-case: shows in a parameter which build of an application is the newest that succeeded.
 * Parameters know no compare-and-swap, so the pointer in the ledger is the truth: the parameter is written after it,
 * and the pointer is read again after that. Of two who write at once, the later one sees the newer pointer and puts it right.
 */
import { readPointer } from '../build/pointer';
import { parameterName } from './parameter-names';
import type { Ledger } from '../ports/ledger';
import type { Parameters } from '../ports/parameters';
import { SlipwayError } from '../slipway-error';

/** Each further round means that another build of the application has succeeded in between. */
const MOST_ROUNDS = 20;

/**
 * The parameter holds the pointer as JSON: `{ schemaVersion, name, buildId, createdAt }`.
 * @throws SlipwayError `parameter-not-written`; the value that was there then still is
 */
export async function publishLatestBuild(
  ports: { readonly ledger: Ledger; readonly parameters: Parameters; readonly stage: string },
  name: string,
): Promise<void> {
  const parameter = parameterName.latestBuild(ports.stage, name);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const pointer = await readPointer(ports, name);
    if (pointer === undefined) return;
    const wanted = JSON.stringify(pointer);
    if ((await ports.parameters.read(parameter)) === wanted) return;
    await ports.parameters.write(parameter, wanted);
  }
  throw new SlipwayError('parameter-not-written', `'${parameter}' keeps being changed by others`, { hint: 'run slipway status latest' });
}
