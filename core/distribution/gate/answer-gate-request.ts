/**
 * Answers one request to the gate: reads what the decision needs, decides, records a grant, says what to send and what to log.
 * `slipway serve` and the gate's Lambda both do this; they differ in how they carry it and how they send a file.
 */
import { formatAddress, parseAddress } from '../addresses/address-range';
import { planTransfer, type Transfer } from '../byte-range';
import {
  DistributionSchema,
  isCounted,
  LinkRecordSchema,
  mainFiles,
  type DistributedFile,
  type Distribution,
  type Grant,
} from '../distribution';
import {
  etagOf,
  fileAnswer,
  listAnswer,
  pageAnswer,
  refusalAnswer,
  textAnswer,
  type GateAnswer,
  type Refusal,
  type RefusalFacts,
} from './gate-answer';
import { decide, type GateAsk, type GateDecision } from './gate-decision';
import { agentClassOf, type GateLogEntry, type Service } from './gate-log-entry';
import { acceptsHtml, readGateRequest, type GateRequest, type ReadGateRequest } from './gate-request';
import { isInstallScript, whyNoScript, type InstallScript } from '../install/install-script';
import { installScriptPs1 } from '../install/install-script-ps1';
import { installScriptSh } from '../install/install-script-sh';
import { idFromBytes } from '../../identifier';
import { parseRecord } from '../../build/parse-record';
import { countGrants, recentGrant, recordGrant, type GrantPorts } from '../grants/record-grant';
import { storageKey } from '../../storage-key';

export interface GatePorts extends GrantPorts {
  readonly rangesEnforcedBy: 'gate' | 'storage';
}

export interface GateOutcome {
  readonly answer: GateAnswer;
  readonly entry: GateLogEntry;
  /** Of the file that is handed out: whoever only shows the way to it binds that way to them. Empty: every address. */
  readonly allowedRanges?: readonly string[];
  /** Of that file too: no way to it may hold for longer than the link. */
  readonly expiresAt?: string;
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
  const { decision, continued } = await decideWith(ports, { distribution, ask: asked.ask, address: exchange.address });
  const known = { ...(distribution === undefined ? {} : { distId: distribution.distId }), ...(asked.file && { file: asked.file.file }) };
  if (!decision.isAllowed) return exchange.refuse(decision.reason, known);
  if (distribution === undefined) return exchange.refuse('unknown');
  if (asked.script !== undefined) return answerWithScript(exchange, read, distribution, asked.script);
  if (decision.file === undefined) return exchange.allow(await openAnswer(ports, read, distribution), openService(read), known);

  if (transfer.kind === 'precondition-failed') return exchange.refuse('precondition-failed', known);
  if (transfer.kind === 'unsatisfiable') return exchange.refuse('unsatisfiable', known, { sizeBytes: decision.file.sizeBytes });
  const answer = fileAnswer(distribution.distId, decision.file, transfer, read.method);
  const { allowedRanges, expiresAt } = distribution;
  if (!decision.isGrant || transfer.kind === 'not-modified') {
    const service = fileService(read, decision.file, transfer);
    const continues = service === 'continued' && continued !== undefined ? { continues: continued.grantId } : {};
    return { ...exchange.allow(answer, service, known, continues), allowedRanges, expiresAt };
  }
  const grant = await recordGrant(ports, distribution, { file: decision.file.file, address: exchange.address ?? 'unknown' });
  if (grant === undefined) return exchange.refuse('exhausted', known);
  return { ...exchange.allow(answer, 'granted', known, { isGrant: true, grantId: grant.grantId }), allowedRanges, expiresAt };
}

interface Known {
  readonly distId?: string;
  readonly file?: string;
}

interface Exchange {
  /** The caller's, in its canonical spelling. */
  readonly address: string | undefined;
  refuse(refusal: Refusal, known?: Known, details?: Pick<RefusalFacts, 'sizeBytes' | 'text'>): GateOutcome;
  allow(
    answer: GateAnswer,
    service: Service,
    known: Known,
    grant?: Pick<GateLogEntry, 'grantId' | 'continues'> & { isGrant?: true },
  ): GateOutcome;
}

function newExchange(ports: GatePorts, request: GateRequest): Exchange {
  const caller = request.callerAddress === undefined ? undefined : parseAddress(request.callerAddress);
  const address = caller === undefined ? undefined : formatAddress(caller);
  const reference = idFromBytes(ports.randomness.bytes(10)).slice(0, REFERENCE_LENGTH);
  const logged = (status: number, known: Known) => ({
    at: new Date(ports.clock.nowMs()).toISOString(),
    reference,
    method: request.method.slice(0, 16),
    agent: agentClassOf(request.headers),
    status,
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
    refuse(refusal, known = {}, details = {}) {
      const answer = refusalAnswer(refusal, { ...facts, ...details });
      return { answer, entry: { ...logged(answer.status, known), reason: refusal } };
    },
    allow: (answer, service, known, grant = {}) => ({
      answer,
      entry: { ...logged(answer.status, known), reason: 'ok', service, ...grant },
    }),
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

/**
 * Install scripts are made when they are asked for: they hold the link, which is stored nowhere, and cost nothing. They are decided
 * on as the page is, and are no more a download than it.
 */
function answerWithScript(exchange: Exchange, read: LinkRequest, distribution: Distribution, script: InstallScript): GateOutcome {
  const known = { distId: distribution.distId };
  const obstacle = whyNoScript(distribution, script);
  if (obstacle !== undefined) return exchange.refuse('file-unknown', known, { text: obstacle });
  if (read.linkUrl === undefined) return exchange.refuse('host-unclear', known);
  const text = script === 'install.sh' ? installScriptSh(distribution, read.linkUrl) : installScriptPs1(distribution, read.linkUrl);
  const isHead = read.method === 'HEAD';
  return exchange.allow(textAnswer(200, text ?? '', isHead), isHead ? 'head' : 'companion', { ...known, file: script });
}

interface Asked {
  readonly ask: GateAsk;
  readonly file?: DistributedFile;
  /** Made for the link, where it has no file of that name. */
  readonly script?: InstallScript;
}

/** The link itself is the page for a browser, for others the file where there is exactly one. */
function askedFile(read: LinkRequest, distribution: Distribution | undefined): Asked {
  const page: Asked = { ask: { kind: 'page' } };
  if (read.isPreview) return page;
  const mains = distribution === undefined ? [] : mainFiles(distribution);
  const name = read.file ?? (!read.wantsPage && mains.length === 1 ? mains[0]?.file : undefined);
  if (name === undefined) return page;
  const file = distribution?.files.find((candidate) => candidate.file === name);
  if (file === undefined && isInstallScript(name)) return { ...page, script: name };
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

interface Decided {
  readonly decision: GateDecision;
  /** The grant that this may be a piece of. */
  readonly continued?: Grant;
}

/** Grants are read only where the decision can depend on them. */
async function decideWith(ports: GatePorts, input: DecisionInput): Promise<Decided> {
  const { distribution, ask, address } = input;
  const nowMs = ports.clock.nowMs();
  const question = { distribution, ask, callerAddress: address, nowMs, rangesEnforcedBy: ports.rangesEnforcedBy };
  const withoutGrants = decide({ ...question, grants: { usedCount: 0, isGrantedRecently: false } });
  if (!withoutGrants.isAllowed || distribution === undefined || ask.kind === 'page') return { decision: withoutGrants };
  const mayContinue = address !== undefined && (ask.isRange || (ask.method === 'HEAD' && distribution.maxDownloads !== undefined));
  const continued = mayContinue ? await recentGrant(ports.ledger, distribution.distId, { file: ask.file, address }, nowMs) : undefined;
  const usedCount = distribution.maxDownloads === undefined ? 0 : await countGrants(ports.ledger, distribution.distId);
  const decision = decide({ ...question, grants: { usedCount, isGrantedRecently: continued !== undefined } });
  return continued === undefined ? { decision } : { decision, continued };
}

function openService(read: LinkRequest): Service {
  if (read.isPreview) return 'preview';
  if (read.method === 'HEAD') return 'head';
  return read.wantsPage ? 'page' : 'list';
}

function fileService(read: LinkRequest, file: DistributedFile, transfer: Transfer): Service {
  if (transfer.kind === 'not-modified') return 'not-modified';
  if (read.method === 'HEAD') return 'head';
  return isCounted(file.kind) ? 'continued' : 'companion';
}

async function openAnswer(ports: GatePorts, read: LinkRequest, distribution: Distribution): Promise<GateAnswer> {
  const isHead = read.method === 'HEAD';
  if (!read.wantsPage && !read.isPreview) return listAnswer(distribution, read.linkPrefix, read.linkUrl, isHead);
  const { maxDownloads } = distribution;
  const left = maxDownloads === undefined ? undefined : Math.max(0, maxDownloads - (await countGrants(ports.ledger, distribution.distId)));
  const { linkPrefix, system, linkUrl } = read;
  return pageAnswer(
    {
      distribution,
      nowMs: ports.clock.nowMs(),
      linkPrefix,
      system,
      ...(linkUrl === undefined ? {} : { linkUrl }),
      ...(left === undefined ? {} : { downloadsLeft: left }),
    },
    isHead,
  );
}
