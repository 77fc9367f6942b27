/** `slipway logs`: what a build's tools printed, secrets hidden. */
import { isOpen, jobsOf, type BuildRecord } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import { PLATFORM_IDS, type PlatformId } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import { openTarget } from '../target-services';
import type { CliCommand } from '../command';
import type { CliContext } from '../context';
import { pause } from '../follow-build';
import { textOption } from '../option-values';

/** Between two looks at a log that grows. */
const PAUSE_MS = 250;
/** How many silent looks come between two questions whether the job still runs. */
const LOOKS_PER_STATUS = 8;

export const command: CliCommand = {
  define(command) {
    command
      .argument('[build]', 'an id, 4 or more characters of one, or latest', 'latest')
      .option('--platform <platform>', 'which job, where a build has several')
      .option('--follow', 'go on until the job ends');
  },
  async run(context, [reference = 'latest'], options) {
    const { builds, name } = await openTarget(context);
    const record = await builds.status(reference, name);
    const platform = choosePlatform(record, textOption(options, 'platform'));
    const { reusedFrom } = record.jobs[platform] ?? {};
    if (reusedFrom !== undefined && !context.globals.quiet) {
      context.terminal.note(`build ${record.buildId} reuses the result of ${reusedFrom}, whose log this is\n`);
    }
    const collected = await readAll(context, builds, record.buildId, platform, options.follow === true);
    return { data: { buildId: record.buildId, platform, log: collected }, text: '' };
  },
};

function choosePlatform(record: BuildRecord, asked: string | undefined): PlatformId {
  const platforms = jobsOf(record).map(([platform]) => platform);
  if (asked !== undefined) {
    const known = PLATFORM_IDS.find((id) => id === asked);
    if (known !== undefined && platforms.includes(known)) return known;
    throw new SlipwayError('platform-not-in-build', `build '${record.buildId}' has no job for '${asked}'`, {
      hint: `use --platform ${platforms.join(' or ')}`,
    });
  }
  const [only] = platforms;
  if (only !== undefined && platforms.length === 1) return only;
  throw new SlipwayError('bad-usage', `build '${record.buildId}' has several logs: ${platforms.join(', ')}`, {
    hint: `use slipway logs ${record.buildId} --platform ${only ?? ''}`,
  });
}

/** Shows pieces as they come; with `--json` nothing but the envelope may be on standard output, so they are kept. */
async function readAll(
  context: CliContext,
  builds: BuildService,
  buildId: string,
  platform: PlatformId,
  isFollowed: boolean,
): Promise<string> {
  let kept = '';
  let from: string | undefined;
  for (let silentLooks = 0; ;) {
    const chunk = await builds.log(buildId, platform, from);
    from = chunk.next;
    if (context.globals.json) kept += chunk.text;
    else if (chunk.text !== '') context.terminal.write(chunk.text);
    if (chunk.isComplete || (chunk.text === '' && !isFollowed)) return kept;
    if (chunk.text !== '') {
      silentLooks = 0;
      continue;
    }
    await pause(context, PAUSE_MS, buildId);
    silentLooks += 1;
    if (silentLooks % LOOKS_PER_STATUS !== 0) continue;
    // A supervisor that was killed writes no end: somebody has to look.
    const job = (await builds.status(buildId)).jobs[platform];
    if (job !== undefined && !isOpen(job.status) && silentLooks > 2 * LOOKS_PER_STATUS) return kept;
  }
}
