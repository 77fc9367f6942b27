/**
 * Answers one request to the gate: reads what the decision needs, decides, records a grant, says what to send and what to log.
 * `slipway serve` and the gate's Lambda both do this; they differ in how they carry it and how they send a file.
 */
import { formatAddress, parseAddress } from './address-range';
import { planTransfer, type Transfer } from './byte-range';
import { DistributionSchema, LinkRecordSchema, mainFiles, type DistributedFile, type Distribution } from './distribution';
import { etagOf, fileAnswer, listAnswer, pageAnswer, refusalAnswer, type GateAnswer, type Refusal, type RefusalFacts } from './gate-answer';
import { decide, isGrantedRecently, type GateAsk, type GateDecision } from './gate-decision';
import { acceptsHtml, readGateRequest, type GateRequest, type ReadGateRequest } from './gate-request';
import { idFromBytes } from '../identifier';
import { parseRecord } from '../build/parse-record';
import { countGrants, recentGrants, recordGrant, type GrantPorts } from './record-grant';
import { storageKey } from '../storage-key';

export interface GatePorts extends GrantPorts {
  readonly rangesEnforcedBy: 'gate' | 'storage';
}

/** What the log says about a request. It never holds the token. */
export interface GateLogEntry {
  readonly at: string;
  readonly reference: string;
  readonly method: string;
  readonly status: number;
  readonly reason: 'ok' | Refusal;
  /** Absent where nothing is known by the token. */
  readonly distId?: string;
  readonly file?: string;
  readonly address?: string;
  readonly isGrant: boolean;
  readonly grantId?: string;
}

export interface GateOutcome {
  readonly answer: GateAnswer;
  readonly entry: GateLogEntry;
  /** Of the file that is handed out: whoever only shows the way to it binds that way to them. Empty: every address. */
  readonly allowedRanges?: readonly string[];
}

/** Quoted by callers: short enough to read out, long enough to find one line in a log. */
const REFERENCE_LENGTH = 10;

type LinkRequest = Extract<ReadGateRequest, { kind: 'link' }>;

/** Rejects only with what the ledger throws. */
export async function answerGateRequest(ports: GatePorts, request: GateRequest): Promise<GateOutcome> {
  const exchange = newExchange(ports, request);
  const read = readGateRequest(request);
  if (read.kind === 'refused') return exchange.refuse(read.why);
  const distribution = await findByToken(ports, read.token);
  const asked = askedFile(read, distribution);
  const transfer = planned(read, asked.file);
  const decision = await decideWith(ports, { distribution, ask: asked.ask, address: exchange.address });
  const known = { ...(distribution === undefined ? {} : { distId: distribution.distId }), ...(asked.file && { file: asked.file.file }) };
  if (!decision.isAllowed) return exchange.refuse(decision.reason, known);
  if (distribution === undefined) return exchange.refuse('unknown');
  if (decision.file === undefined) return exchange.allow(await openAnswer(ports, read, distribution), known);

  if (transfer.kind === 'precondition-failed') return exchange.refuse('precondition-failed', known);
  if (transfer.kind === 'unsatisfiable') return exchange.refuse('unsatisfiable', known, decision.file.sizeBytes);
  const answer = fileAnswer(distribution.distId, decision.file, transfer, read.method);
  const { allowedRanges } = distribution;
  if (!decision.isGrant || transfer.kind === 'not-modified') return { ...exchange.allow(answer, known), allowedRanges };
  const grant = await recordGrant(ports, distribution, { file: decision.file.file, address: exchange.address ?? 'unknown' });
  return grant === undefined ? exchange.refuse('exhausted', known) : { ...exchange.allow(answer, known, grant.grantId), allowedRanges };
}

interface Known {
  readonly distId?: string;
  readonly file?: string;
}

interface Exchange {
  /** The caller's, in its canonical spelling. */
  readonly address: string | undefined;
  refuse(refusal: Refusal, known?: Known, sizeBytes?: number): GateOutcome;
  allow(answer: GateAnswer, known: Known, grantId?: string): GateOutcome;
}

function newExchange(ports: GatePorts, request: GateRequest): Exchange {
  const caller = request.callerAddress === undefined ? undefined : parseAddress(request.callerAddress);
  const address = caller === undefined ? undefined : formatAddress(caller);
  const reference = idFromBytes(ports.randomness.bytes(10)).slice(0, REFERENCE_LENGTH);
  const entryOf = (status: number, reason: GateLogEntry['reason'], known: Known): GateLogEntry => ({
    at: new Date(ports.clock.nowMs()).toISOString(),
    reference,
    method: request.method.slice(0, 16),
    status,
    reason,
    ...known,
    ...(address === undefined ? {} : { address }),
    isGrant: false,
  });
  const facts: RefusalFacts = {
    callerAddress: address,
    reference,
    wantsPage: acceptsHtml(request.headers.accept),
    isHead: request.method === 'HEAD',
  };
  return {
    address,
    refuse(refusal, known = {}, sizeBytes) {
      const answer = refusalAnswer(refusal, { ...facts, ...(sizeBytes === undefined ? {} : { sizeBytes }) });
      return { answer, entry: entryOf(answer.status, refusal, known) };
    },
    allow(answer, known, grantId) {
      const entry = entryOf(answer.status, 'ok', known);
      return { answer, entry: grantId === undefined ? entry : { ...entry, isGrant: true, grantId } };
    },
  };
}

/** The answer for what turned out after the decision, or before one could be made. */
export function answerFailure(ports: GatePorts, request: GateRequest, refusal: Refusal, known: Known = {}): GateOutcome {
  return newExchange(ports, request).refuse(refusal, known);
}

async function findByToken(ports: GatePorts, token: string): Promise<Distribution | undefined> {
  const link = await ports.ledger.read(storageKey.link(token));
  if (link === undefined) return undefined;
  const { distId } = parseRecord(LinkRecordSchema, link);
  const record = await ports.ledger.read(storageKey.distributionRecord(distId));
  return record === undefined ? undefined : parseRecord(DistributionSchema, record);
}

/** The link itself is the page for a browser, for others the file where there is exactly one. */
function askedFile(read: LinkRequest, distribution: Distribution | undefined): { readonly ask: GateAsk; readonly file?: DistributedFile } {
  const page: { readonly ask: GateAsk } = { ask: { kind: 'page' } };
  if (read.isPreview) return page;
  const mains = distribution === undefined ? [] : mainFiles(distribution);
  const name = read.file ?? (!read.wantsPage && mains.length === 1 ? mains[0]?.file : undefined);
  if (name === undefined) return page;
  const file = distribution?.files.find((candidate) => candidate.file === name);
  const transfer = planned(read, file);
  const isRange = transfer.kind === 'range' || transfer.kind === 'unsatisfiable';
  return { ask: { kind: 'file', file: name, method: read.method, isRange }, ...(file === undefined ? {} : { file }) };
}

/** A range is meant for GET alone (RFC 9110, 14.2). */
function planned(read: LinkRequest, file: DistributedFile | undefined): Transfer {
  if (file === undefined) return { kind: 'full' };
  const { range, 'if-range': ifRange, ...conditions } = read.transfer;
  const ranges = { ...(range === undefined ? {} : { range }), ...(ifRange === undefined ? {} : { 'if-range': ifRange }) };
  return planTransfer({ ...conditions, ...(read.method === 'GET' ? ranges : {}) }, { sizeBytes: file.sizeBytes, etag: etagOf(file) });
}

interface DecisionInput {
  readonly distribution: Distribution | undefined;
  readonly ask: GateAsk;
  readonly address: string | undefined;
}

/** Grants are read only where the decision can depend on them. */
async function decideWith(ports: GatePorts, input: DecisionInput): Promise<GateDecision> {
  const { distribution, ask, address } = input;
  const nowMs = ports.clock.nowMs();
  const question = { distribution, ask, callerAddress: address, nowMs, rangesEnforcedBy: ports.rangesEnforcedBy };
  const withoutGrants = decide({ ...question, grants: { usedCount: 0, isGrantedRecently: false } });
  if (!withoutGrants.isAllowed || distribution === undefined || ask.kind === 'page') return withoutGrants;
  const mayContinue = address !== undefined && (ask.isRange || (ask.method === 'HEAD' && distribution.maxDownloads !== undefined));
  const recent = mayContinue ? await recentGrants(ports.ledger, distribution, nowMs) : [];
  return decide({
    ...question,
    grants: {
      usedCount: distribution.maxDownloads === undefined ? 0 : await countGrants(ports.ledger, distribution.distId),
      isGrantedRecently: address !== undefined && isGrantedRecently(recent, { file: ask.file, address }, nowMs),
    },
  });
}

async function openAnswer(ports: GatePorts, read: LinkRequest, distribution: Distribution): Promise<GateAnswer> {
  const isHead = read.method === 'HEAD';
  if (!read.wantsPage && !read.isPreview) return listAnswer(distribution, read.linkPrefix, isHead);
  const { maxDownloads } = distribution;
  const left = maxDownloads === undefined ? undefined : Math.max(0, maxDownloads - (await countGrants(ports.ledger, distribution.distId)));
  return pageAnswer(
    { distribution, nowMs: ports.clock.nowMs(), linkPrefix: read.linkPrefix, ...(left === undefined ? {} : { downloadsLeft: left }) },
    isHead,
  );
}
