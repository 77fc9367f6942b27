/** Answers whoever opens a link: the decision of `core`, then a redirect to S3 that is bound to one object version and the allowed ranges. */
import { answerFailure, answerGateRequest, type GateOutcome, type GatePorts } from '../../core/distribution/gate/answer-gate-request';
import { audienceOf, type Audience } from '../../core/distribution/addresses/audience';
import type { GateBody } from '../../core/distribution/gate/gate-answer';
import type { GateLogEntry } from '../../core/distribution/gate/gate-log-entry';
import type { GateRequest } from '../../core/distribution/gate/gate-request';
import { takeBackGrant } from '../../core/distribution/grants/record-grant';
import { isLogged, metricOfDecision } from '../gate-metrics';
import { SlipwayError } from '../../core/slipway-error';
import { gateRequestOfEvent, redirectTo, responseOfAnswer, type GateResponse } from '../gate-event';
import type { HandlePorts, LambdaContext } from '../handle';

/** A redirect is followed at once; a download that has begun goes on after it. */
const REDIRECT_SECONDS = 60;

export interface GateHandlerPorts extends HandlePorts, Omit<GatePorts, 'rangesEnforcedBy'> {
  /** A link to one version that works for these addresses alone. */
  sign(request: {
    readonly key: string;
    readonly versionId: string;
    readonly file: string;
    readonly audience: Audience;
    readonly expiresInSeconds: number;
    readonly notAfter: string;
  }): Promise<{ readonly url: string }>;
}

export function createHandler(ports: GateHandlerPorts): (event: unknown, context: LambdaContext) => Promise<GateResponse> {
  const gate: GatePorts = { ...ports, rangesEnforcedBy: 'storage' };
  return async (event, { awsRequestId }) => {
    const request = gateRequestOfEvent(event);
    if (request === undefined) {
      ports.log({ function: 'gate', requestId: awsRequestId, level: 'error', code: 'bad-call', message: 'not an event of the HTTP API' });
      return { statusCode: 400, headers: {}, body: '' };
    }
    const told = (fault: unknown, reference: string) => logFault(ports, awsRequestId, fault, reference);
    const outcome = await answerGateRequest(gate, request).catch((thrown: unknown) => failed(gate, request, thrown, told));
    const { response, entry } = await deliver(ports, gate, request, outcome, told);
    record(ports, awsRequestId, entry);
    return response;
  };
}

type TellFault = (fault: unknown, reference: string) => void;

interface Delivered {
  readonly response: GateResponse;
  readonly entry: GateLogEntry;
}

async function deliver(
  ports: GateHandlerPorts,
  gate: GatePorts,
  request: GateRequest,
  { answer, entry, allowedRanges, expiresAt }: GateOutcome,
  told: TellFault,
): Promise<Delivered> {
  if (answer.body.kind !== 'file') return { response: responseOfAnswer(answer), entry };
  try {
    // A list that got lost throws here: it is never taken for an empty one, which would be for everybody.
    const audience = audienceOf({ allowedRanges });
    if (expiresAt === undefined) throw new SlipwayError('internal', 'a link has lost its end');
    const { url } = await ports.sign({ ...fileOf(answer.body), audience, expiresInSeconds: REDIRECT_SECONDS, notAfter: expiresAt });
    return { response: redirectTo(url, answer), entry };
  } catch (thrown) {
    // Should that fail too, the caller still gets an answer with a reference.
    await takeBackGrant(ports.ledger, entry).catch((fault: unknown) => told(fault, entry.reference));
    const { answer: refusal, entry: refused } = failed(gate, request, thrown, told, entry);
    return { response: responseOfAnswer(refusal), entry: refused };
  }
}

function fileOf({ key, versionId }: Extract<GateBody, { kind: 'file' }>) {
  return { key, versionId, file: key.slice(key.lastIndexOf('/') + 1) };
}

type Known = Pick<GateLogEntry, 'distId' | 'file'>;

function failed(gate: GatePorts, request: GateRequest, thrown: unknown, told: TellFault, { distId, file }: Known = {}): GateOutcome {
  const known = { ...(distId === undefined ? {} : { distId }), ...(file === undefined ? {} : { file }) };
  const outcome = answerFailure(gate, request, 'failed', known);
  told(thrown, outcome.entry.reference);
  return outcome;
}

function record({ log, metrics }: GateHandlerPorts, requestId: string, entry: GateLogEntry): void {
  if (isLogged(entry)) log({ function: 'gate', requestId, event: 'decision', level: 'info', ...entry });
  metrics.add(metricOfDecision(entry));
  metrics.flush();
}

function logFault({ log }: GateHandlerPorts, requestId: string, thrown: unknown, reference: string): void {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  log({ function: 'gate', requestId, event: 'fault', level: 'error', reference, message, ...(stack === undefined ? {} : { stack }) });
}
