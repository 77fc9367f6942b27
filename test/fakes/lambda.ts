/** A function's surroundings: what it logs, what it counts, and calls as the command line makes them. */
import { frameCall } from '../../core/api/call';
import type { Envelope } from '../../core/envelope';
import type { HandlePorts, LambdaContext } from '../../lambda/handle';
import { createLog, type LogFields } from '../../lambda/log';
import { createMetrics } from '../../lambda/metrics';
import type { ManualClock } from './manual-clock';

export interface LambdaWorld extends HandlePorts {
  /** What was written, as text: what must not be in it can be looked for. */
  readonly lines: readonly string[];
  /** The last line about a call. */
  lastCall(): LogFields;
  /** Values by metric, in the order in which they were added. */
  counted(): Readonly<Record<string, readonly number[]>>;
}

export const CONTEXT: LambdaContext = { awsRequestId: '11111111-2222-4333-8444-555555555555' };

export function createLambdaWorld(clock: ManualClock): LambdaWorld {
  const lines: string[] = [];
  const log = createLog((line) => void lines.push(line));
  const parsed = () => lines.map((line) => JSON.parse(line) as LogFields);
  return {
    lines,
    log,
    clock,
    metrics: createMetrics({ stage: 'prod', clock, log }),
    lastCall: () => parsed().findLast((fields) => 'function' in fields) ?? {},
    counted() {
      const counted: Record<string, number[]> = {};
      for (const fields of parsed()) {
        if (!('_aws' in fields)) continue;
        for (const [name, values] of Object.entries(fields)) {
          if (name !== '_aws' && name !== 'Stage') counted[name] = [...(counted[name] ?? []), ...(values as number[])];
        }
      }
      return counted;
    },
  };
}

export const call = (body: unknown) => frameCall(body, '0.1.0');

/** What a call was answered with. @throws where it was refused */
export function dataOf<Answer>(envelope: Envelope): Answer {
  if (!envelope.ok) throw new Error(`${envelope.error.code}: ${envelope.error.message}`);
  // As it travels: whatever JSON does not keep is gone.
  return JSON.parse(JSON.stringify(envelope.data)) as Answer;
}
