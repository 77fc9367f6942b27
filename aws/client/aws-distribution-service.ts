/** The DistributionService of a deployment: each method is one call to a Lambda. */
import {
  DistributeAnswerSchema,
  DistributionsAnswerSchema,
  RevokeAnswerSchema,
  type DistributeCall,
  type DistributionsAnswer,
  type DistributionsCall,
} from '../../core/api/distribution-calls';
import { assertFileDistributable, type PlainFile } from '../../core/distribution/hand-out/distribution-content';
import type { DistributeRequest, DistributionService, DistributionView } from '../../core/distribution/distribution-service';
import type { Download } from '../../core/distribution/grants/download';
import type { DeploymentConfig } from '../../core/deployment/deployment-config';
import { errorOfBody } from '../../core/envelope';
import type { Uploads } from '../../core/ports/uploads';
import { SlipwayError } from '../../core/slipway-error';
import type { FunctionCaller } from './call-function';

export interface AwsDistributionServiceOptions {
  readonly caller: FunctionCaller;
  readonly config: Pick<DeploymentConfig, 'gateUrl' | 'stage'>;
  readonly uploads: Uploads;
  /** @throws SlipwayError `file-not-found`, `path-not-distributable` */
  readFile(path: string): Promise<PlainFile>;
  /** What `--allowed-ips me` stands for: the addresses by which this machine reaches the internet. */
  ownAddresses(): Promise<readonly string[]>;
}

/** Every gate on AWS redirects: so does one that is older than this answer. */
function downloadOf({ outcome = 'redirected', sentBytes, endedAt, ...grant }: ToldDownload): Download {
  return { ...grant, outcome, ...(sentBytes === undefined ? {} : { sentBytes }), ...(endedAt === undefined ? {} : { endedAt }) };
}

type ToldDownload = Extract<DistributionsAnswer, { query: 'downloads' }>['grants'][number];
type View = Extract<DistributionsAnswer, { query: 'latest' }>['view'];

export function createAwsDistributionService(options: AwsDistributionServiceOptions): DistributionService {
  const { caller } = options;
  const ask = (call: DistributionsCall) => caller.call('distributions', call, DistributionsAnswerSchema);
  return {
    distribute: (request) => distribute(options, request),
    async latest(name, { baseUrl } = {}) {
      refuseBaseUrl(options, baseUrl);
      return viewOf(answerTo('latest', await ask({ query: 'latest', name })).view);
    },
    async list({ name, limit, onProblem }) {
      const call = { query: 'list', limit, ...(name === undefined ? {} : { name }) } as const;
      const { views, problems = [] } = answerTo('list', await ask(call));
      for (const problem of problems) onProblem?.(errorOfBody(problem));
      return views.map(viewOf);
    },
    async downloads(reference, onProblem) {
      const { grants, problems = [] } = answerTo('downloads', await ask({ query: 'downloads', reference }));
      for (const problem of problems) onProblem?.(errorOfBody(problem));
      return grants.map(downloadOf);
    },
    async revoke(reference) {
      return viewOf((await caller.call('revoke', { reference }, RevokeAnswerSchema)).view);
    },
  };
}

async function distribute(options: AwsDistributionServiceOptions, request: DistributeRequest): Promise<DistributionView> {
  const { from, baseUrl, allowedIps, platforms, allowSecrets, ...terms } = request;
  refuseBaseUrl(options, baseUrl);
  const file = 'path' in from ? await options.readFile(from.path) : undefined;
  // Here, where its bytes are: the deployment is told of them by size and digest, and copies what it never opens.
  if (file !== undefined) assertFileDistributable(file, allowSecrets);
  const call: DistributeCall = {
    ...terms,
    ...(platforms === undefined ? {} : { platforms: [...platforms] }),
    allowSecrets: [...allowSecrets],
    allowedIps: [...(await spelledOut(options, allowedIps))],
    from:
      'path' in from ? { file: describe(file), name: from.name, ...(from.version === undefined ? {} : { version: from.version }) } : from,
  };
  const first = await options.caller.call('distribute', call, DistributeAnswerSchema);
  if (first.state === 'made') return viewOf(first.view);
  if (file !== undefined) {
    const { url, headers } = first.upload;
    await options.uploads.put({ url, headers, sizeBytes: file.sizeBytes, open: () => file.open() });
    const second = await options.caller.call('distribute', call, DistributeAnswerSchema);
    if (second.state === 'made') return viewOf(second.view);
  }
  throw new SlipwayError('upload-refused', 'the deployment asks for a file that it was given', { hint: 'run slipway distribute again' });
}

function describe(file: PlainFile | undefined) {
  if (file === undefined) throw new SlipwayError('internal', 'a path without a file');
  return { name: file.file, sizeBytes: file.sizeBytes, sha256: file.sha256 };
}

async function spelledOut(options: AwsDistributionServiceOptions, typed: readonly string[]): Promise<readonly string[]> {
  const others = typed.filter((text) => text.trim() !== 'me');
  if (others.length === typed.length) return typed;
  const own = await options.ownAddresses();
  // Without it the list may be empty, and an empty list is for everybody.
  if (!own.some((address) => address.trim() !== '')) {
    throw new SlipwayError('address-range-invalid', "'me' is no address: this machine's own could not be found out", {
      hint: 'name the address by which you reach the internet with --allowed-ips',
      details: { value: 'me' },
    });
  }
  return [...others, ...own];
}

/** The deployment knows where its gate is. */
function refuseBaseUrl({ config }: AwsDistributionServiceOptions, baseUrl: string | undefined): void {
  if (baseUrl === undefined) return;
  throw new SlipwayError('base-url-invalid', `'${baseUrl}' is not where stage '${config.stage}' is reached`, {
    hint: `leave out --base-url${config.gateUrl === null ? '' : `: the gate is at ${config.gateUrl}`}`,
  });
}

/** zod keeps absent keys as optional, the view leaves them out. */
function viewOf({ distribution, state, grantCount, url, warnings }: View): DistributionView {
  return { distribution, state, grantCount, ...(url === undefined ? {} : { url }), ...(warnings === undefined ? {} : { warnings }) };
}

function answerTo<Q extends DistributionsAnswer['query']>(
  query: Q,
  answer: DistributionsAnswer,
): Extract<DistributionsAnswer, { query: Q }> {
  if (answer.query === query) return answer as Extract<DistributionsAnswer, { query: Q }>;
  throw new SlipwayError('deployment-mismatch', `asked for '${query}', the deployment answered with '${answer.query}'`, {
    hint: 'deploy with this slipway: slipway deploy',
  });
}
