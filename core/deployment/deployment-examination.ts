/**
 * Owns the judgement of a deployment as this machine sees it: whose credentials lead where, what is deployed there, whether it answers,
 * and which limits of the account stand in the way. Looking belongs to `aws/client/look-at-deployment.ts`.
 */
import type { ExaminedItem } from '../host/host-examination';
import { PLATFORM_IDS } from '../platform';
import type { ErrorCode, SlipwayError } from '../slipway-error';
import { dollarsAMinute, formatDollars } from './build-prices';
import type { DeploymentConfig, DeploymentPlatform } from './deployment-config';
import type { QuotaFinding } from './quota-finding';

/** What was looked for, in this order; a problem of one of the first three ends the search. */
export type DeploymentSubject = 'region' | 'credentials' | 'deployment' | 'calls' | 'quotas';

export interface DeploymentFacts {
  readonly stage: string;
  readonly clientVersion: string;
  readonly region?: string;
  readonly credentials?: {
    readonly account: string;
    readonly arn: string;
    /** Where the SDK found them, in words. */
    readonly source: string;
  };
  readonly config?: DeploymentConfig;
  /** How long a function took to answer the smallest of calls. */
  readonly answerMs?: number;
  /** What is too little; empty where everything is enough. */
  readonly quotas?: readonly QuotaFinding[];
  readonly problems: Readonly<Partial<Record<DeploymentSubject, SlipwayError>>>;
}

export interface DeploymentItem extends ExaminedItem {
  /** Of the error that stands in the way. */
  readonly code?: ErrorCode;
}

export interface DeploymentExamination {
  /** Whether builds can be asked for. */
  readonly canBuild: boolean;
  readonly items: readonly DeploymentItem[];
}

export function examineDeployment(facts: DeploymentFacts): DeploymentExamination {
  const { config } = facts;
  const items = [
    ...found(facts, 'region', facts.region),
    ...found(facts, 'credentials', credentialsText(facts)),
    ...found(facts, 'deployment', config === undefined ? undefined : deploymentText(config)),
    ...(config === undefined ? [] : [versionItem(facts, config), ...machineItems(config), gateItem(config)]),
    ...found(facts, 'calls', facts.answerMs === undefined ? undefined : `the function status answers, in ${facts.answerMs} ms`),
    ...quotaItems(facts),
  ];
  return { canBuild: config !== undefined && items.every(({ state }) => state !== 'missing'), items };
}

/** One line for what was found, or for what kept it from being found; none where the search ended before. */
function found({ problems }: DeploymentFacts, subject: DeploymentSubject, detail: string | undefined): readonly DeploymentItem[] {
  const problem = problems[subject];
  if (problem !== undefined) {
    const { code, message, hint } = problem;
    return [{ name: subject, state: 'missing', detail: `${message} [${code}]`, code, ...(hint === undefined ? {} : { hint }) }];
  }
  return detail === undefined ? [] : [{ name: subject, state: 'ready', detail }];
}

function credentialsText({ credentials }: DeploymentFacts): string | undefined {
  return credentials === undefined ? undefined : `of account ${credentials.account}, ${credentials.arn}, from ${credentials.source}`;
}

function deploymentText({ stage, account, bucket, concurrentJobs }: DeploymentConfig): string {
  return `stage ${stage} of account ${account}, bucket ${bucket}, ${concurrentJobs} jobs at once`;
}

/** That they do not understand each other is an error of its own; here they do. */
function versionItem({ clientVersion }: DeploymentFacts, { slipwayVersion, stage }: DeploymentConfig): DeploymentItem {
  if (slipwayVersion === clientVersion) return { name: 'version', state: 'ready', detail: `${slipwayVersion}, the same as this slipway` };
  return {
    name: 'version',
    state: 'advised',
    detail: `deployed by slipway ${slipwayVersion}, this is ${clientVersion}: they understand each other, what builds is the deployed one`,
    hint: `bring it up to this version with: slipway deploy --stage ${stage}`,
  };
}

function machineItems({ platforms }: DeploymentConfig): readonly DeploymentItem[] {
  return PLATFORM_IDS.flatMap((platform): readonly DeploymentItem[] => {
    const machine = platforms[platform];
    return machine === undefined ? [] : [{ name: 'builds', state: 'ready', detail: `${platform} on ${machineText(machine)}` }];
  });
}

/** `BUILD_GENERAL1_MEDIUM of LINUX_CONTAINER ($0.01 a minute)`. */
export function machineText(machine: Pick<DeploymentPlatform, 'computeType' | 'environment'>): string {
  const price = dollarsAMinute(machine);
  return `${machine.computeType} of ${machine.environment} (${price === undefined ? 'of unknown price' : `${formatDollars(price)} a minute`})`;
}

function gateItem({ gateUrl }: DeploymentConfig): DeploymentItem {
  if (gateUrl !== null) return { name: 'gate', state: 'ready', detail: gateUrl };
  return {
    name: 'gate',
    state: 'advised',
    detail: 'none: only direct links, of an hour, can be made',
    hint: 'set gate: public in the settings, then run slipway deploy',
  };
}

function quotaItems({ quotas, problems, config }: DeploymentFacts): readonly DeploymentItem[] {
  const { quotas: problem } = problems;
  // Rights to read quotas are rare, and nothing that people do needs them.
  if (problem !== undefined)
    return [{ name: 'quotas', state: 'advised', detail: `not known: ${problem.message} [${problem.code}]`, code: problem.code }];
  if (quotas === undefined || config === undefined) return [];
  if (quotas.length === 0) return [{ name: 'quotas', state: 'ready', detail: `enough for ${config.concurrentJobs} jobs at once` }];
  return quotas.map(({ quota, value, remedy }) => ({ name: 'quota', state: 'low', detail: `${quota} is ${value}`, hint: remedy }));
}
