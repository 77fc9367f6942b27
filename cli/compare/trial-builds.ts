/**
 * Owns the builds of a comparison: one variant after the other, because two at once would disturb each other's times. What an
 * earlier run has built of the same source is taken up again; one that fails is a row with its reason, and the others go on.
 */
import type { BuildManifest } from '../../core/build/build-manifest';
import { buildStatus, isOpen, type BuildRecord, type JobCause } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import type { ComparedVariant } from '../../core/comparison/comparison';
import { trialTemplate, VARIANTS, type Variant } from '../../core/comparison/variant';
import type { PlatformId } from '../../core/platform';
import type { PackedSource } from '../../core/ports/source-packer';
import { isSlipwayError, SlipwayError, toSlipwayError } from '../../core/slipway-error';
import type { CliContext } from '../context';
import { readLogTail, waitForBuild } from '../follow-build';
import { requestOf, type Project } from '../project/project';

export interface TrialPlan {
  readonly project: Project;
  readonly platform: PlatformId;
  /** The binaries that are compared. */
  readonly names: readonly string[];
  readonly source: PackedSource;
  readonly secrets: Readonly<Record<string, string>>;
  readonly requestedBy: string;
  readonly useCache: boolean;
}

export interface TrialBuild {
  readonly variant: Variant;
  /** Absent where not even a build was begun. */
  readonly record?: BuildRecord;
  readonly manifest?: BuildManifest;
  readonly failure?: NonNullable<ComparedVariant['failure']>;
}

/** Of earlier comparisons, how many builds are looked through for open ones. */
const LOOK_BACK = 50;

/** @throws SlipwayError `interrupted`: what is built by then is kept */
export async function buildTrials(context: CliContext, builds: BuildService, plan: TrialPlan): Promise<readonly TrialBuild[]> {
  const open = await openTrials(context, builds, plan);
  const trials: TrialBuild[] = [];
  for (const [index, variant] of VARIANTS.entries()) {
    if (!context.globals.quiet) context.terminal.note(`${index + 1}/${VARIANTS.length} building with ${variant.title}\n`);
    const trial = await buildTrial(context, builds, plan, variant, open);
    trials.push(trial);
    if (!context.globals.quiet) context.terminal.note(`    ${toldOf(trial)}\n`);
  }
  return trials;
}

/** Builds that a comparison left running: those of the same source go on as this one's, others would only be in the way. */
async function openTrials(context: CliContext, builds: BuildService, { project, source }: TrialPlan): Promise<readonly BuildRecord[]> {
  const newest = await builds.list({ name: project.recipe.name, limit: LOOK_BACK });
  const open = newest.filter((record) => record.trial !== undefined && isOpen(buildStatus(record)));
  const isSame = (record: BuildRecord) => record.source.sha256 === source.sha256 && record.version === project.version;
  for (const record of open.filter((candidate) => !isSame(candidate))) {
    if (!context.globals.quiet) context.terminal.note(`build ${record.buildId} of an earlier comparison still runs and is cancelled\n`);
    await builds.cancel(record.buildId);
    await waitForBuild(context, { builds, target: 'local' }, record);
  }
  return open.filter(isSame);
}

async function buildTrial(
  context: CliContext,
  builds: BuildService,
  plan: TrialPlan,
  variant: Variant,
  open: readonly BuildRecord[],
): Promise<TrialBuild> {
  let record: BuildRecord;
  try {
    record = open.find(({ trial }) => trial === variant.id) ?? (await startTrial(context, builds, plan, variant));
  } catch (thrown) {
    if (!isSlipwayError(thrown)) throw thrown;
    const { code, message, hint } = thrown;
    return { variant, failure: { code, message, ...(hint === undefined ? {} : { hint }), logTail: [] } };
  }
  record = await waitFor(context, builds, record);
  const manifest = await builds.manifest(record.buildId);
  const job = record.jobs[plan.platform];
  const known = { variant, record, ...(manifest === undefined ? {} : { manifest }) };
  if (job === undefined || job.status === 'succeeded') return known;
  const logTail = await readLogTail(builds, record.buildId, plan.platform).catch(() => []);
  return { ...known, failure: { ...(job.cause ?? endOf(job.status)), logTail: [...logTail] } };
}

function startTrial(context: CliContext, builds: BuildService, plan: TrialPlan, variant: Variant): Promise<BuildRecord> {
  const { project, platform, names, source, secrets, requestedBy, useCache } = plan;
  const template = project.templatesOf(variant)[platform];
  if (template === undefined) throw new SlipwayError('internal', `the recipe has no job for '${platform}'`);
  const trials = { ...project, templates: { [platform]: trialTemplate(template, variant, names) } };
  const request = requestOf(trials, { requestId: context.randomness.uuid(), platforms: [platform], requestedBy, source });
  return builds.start(request, () => source.open(), { useCache, secrets });
}

async function waitFor(context: CliContext, builds: BuildService, record: BuildRecord): Promise<BuildRecord> {
  if (!isOpen(buildStatus(record))) return record;
  try {
    return await waitForBuild(context, { builds, target: 'local' }, record);
  } catch (thrown) {
    const error = toSlipwayError(thrown);
    if (error.code !== 'interrupted') throw error;
    throw new SlipwayError('interrupted', `nothing is compared yet; build '${record.buildId}' goes on`, {
      hint: `run slipway compare again: it goes on from there with what is built by then; or end the build with slipway cancel ${record.buildId}`,
      details: { buildId: record.buildId },
    });
  }
}

function endOf(status: string): JobCause {
  return { code: 'build-failed', message: `the build is ${status}, and nothing says why` };
}

function toldOf({ record, failure }: TrialBuild): string {
  if (failure !== undefined) return `failed: ${failure.message} [${failure.code}]`;
  const reused = Object.values(record?.jobs ?? {}).find((job) => job.reusedFrom !== undefined)?.reusedFrom;
  return `build ${record?.buildId ?? ''}${reused === undefined ? '' : `, the result of ${reused} taken up again`}`;
}
