/**
 * Owns the reading of a job's log from CloudWatch Logs. A job's stream is found by its name, see `start-request.ts`:
 * no build has to be looked for, and the log can be read as long as the log group keeps it.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
import {
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
  type CloudWatchLogsClient,
  type OutputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import { lastPhase, type PhaseMarker } from '../../core/build/build-log';
import type { PlatformId } from '../../core/platform';
import type { LogChunk } from '../../core/ports/build-runner';
import { SlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';
import { errorNameOf } from './codebuild-failure';
import { logStreamPrefix, type ProjectOfPlatform } from './start-request';

/** A page holds 1 MB at most, whatever this says; so an answer of a Lambda (6 MB) can always carry it. */
const EVENTS_A_PAGE = 5_000;
/** Pages may be empty although more follow ("reduce the chances of empty pages", API_GetLogEvents.html). */
const MOST_EMPTY_PAGES = 10;
/** Where the newest phase marker is looked for. */
const EVENTS_OF_TAIL = 2_000;

export interface LogPlace {
  readonly logs: Pick<CloudWatchLogsClient, 'send'>;
  readonly project: ProjectOfPlatform;
}

/** Whether a build has ended, and so long ago that its log is whole. */
export type HasEnded = (runnerId: string) => Promise<boolean>;

/** A page of the log, or nothing where none is yet. */
export async function readJobLog(
  place: LogPlace,
  job: { readonly buildId: string; readonly platform: PlatformId },
  from: string | undefined,
  hasEnded: HasEnded,
): Promise<LogChunk> {
  const cursor = parseCursor(from, logStreamPrefix(job.buildId, job.platform));
  const stream = cursor?.stream ?? (await newestStream(place, job.buildId, job.platform));
  if (stream === undefined) return { text: '', next: from ?? '', isComplete: false };
  let token = cursor?.token;
  for (let page = 0; page < MOST_EMPTY_PAGES; page++) {
    const { text, next } = await readPage(place, stream, token);
    if (text !== '') return { text, next: formatCursor({ stream, token: next }), isComplete: false };
    // "If you have reached the end of the stream, it returns the same token you passed in."
    if (next === token) return { text, next: formatCursor({ stream, token: next }), isComplete: await hasEnded(runnerIdOf(place, stream)) };
    token = next;
  }
  return { text: '', next: formatCursor({ stream, token: token ?? '' }), isComplete: false };
}

/** The newest marker by which the builder says how far it is. */
export async function readLogPhase(place: LogPlace, stream: string): Promise<PhaseMarker | undefined> {
  const { events = [] } = await place.logs.send(
    new GetLogEventsCommand({ logGroupName: place.project.logGroup, logStreamName: stream, limit: EVENTS_OF_TAIL }),
  );
  return lastPhase(textOf(events));
}

async function readPage({ logs, project }: LogPlace, stream: string, token: string | undefined): Promise<{ text: string; next: string }> {
  try {
    const { events = [], nextForwardToken = '' } = await logs.send(
      new GetLogEventsCommand({
        logGroupName: project.logGroup,
        logStreamName: stream,
        limit: EVENTS_A_PAGE,
        startFromHead: true,
        ...(token === undefined ? {} : { nextToken: token }),
      }),
    );
    return { text: textOf(events), next: nextForwardToken };
  } catch (thrown) {
    if (errorNameOf(thrown) === 'ResourceNotFoundException') return { text: '', next: token ?? '' };
    // A token holds for a day.
    if (errorNameOf(thrown) === 'InvalidParameterException' && token !== undefined) throw unknownPlace(thrown);
    throw awsFailure(thrown, { service: 'CloudWatch Logs', operation: `GetLogEvents of '${stream}'` });
  }
}

/** Of the newest attempt, and of it the newest build. */
async function newestStream({ logs, project }: LogPlace, buildId: string, platform: PlatformId): Promise<string | undefined> {
  const prefix = logStreamPrefix(buildId, platform);
  try {
    const { logStreams = [] } = await logs.send(
      new DescribeLogStreamsCommand({ logGroupName: project.logGroup, logStreamNamePrefix: prefix, limit: 50 }),
    );
    const attemptOf = (name: string) => Number.parseInt(name.slice(prefix.length), 10);
    return logStreams
      .flatMap(({ logStreamName, creationTime = 0 }) => (logStreamName === undefined ? [] : [{ logStreamName, creationTime }]))
      .sort((a, b) => attemptOf(a.logStreamName) - attemptOf(b.logStreamName) || a.creationTime - b.creationTime)
      .at(-1)?.logStreamName;
  } catch (thrown) {
    // The group is made with the first log, where it was not deployed.
    if (errorNameOf(thrown) === 'ResourceNotFoundException') return undefined;
    throw awsFailure(thrown, { service: 'CloudWatch Logs', operation: `DescribeLogStreams of '${project.logGroup}'` });
  }
}

/** An event may hold several lines, and may or may not end its last one. */
function textOf(events: readonly OutputLogEvent[]): string {
  return events
    .map(({ message = '' }) => {
      const text = message.replace(/\r\n/g, '\n');
      return text.endsWith('\n') ? text : `${text}\n`;
    })
    .join('');
}

/** The stream ends with the build's own id: `<streamName>/<uuid>`. */
function runnerIdOf({ project }: LogPlace, stream: string): string {
  return `${project.project}:${stream.slice(stream.lastIndexOf('/') + 1)}`;
}

interface Cursor {
  readonly stream: string;
  readonly token: string;
}

function formatCursor({ stream, token }: Cursor): string {
  return `${stream} ${token}`;
}

/**
 * Only for the log that it came from: a cursor comes back from outside.
 * @throws SlipwayError `bad-call`
 */
function parseCursor(from: string | undefined, prefix: string): Cursor | undefined {
  if (from === undefined || from === '') return undefined;
  const [stream, token, ...rest] = from.split(' ');
  if (stream === undefined || token === undefined || token === '' || rest.length > 0 || !stream.startsWith(prefix)) throw unknownPlace();
  return { stream, token };
}

function unknownPlace(cause?: unknown): SlipwayError {
  return new SlipwayError('bad-call', 'the place in the log from which to go on is not known, or no longer', {
    hint: 'run slipway logs again, from the start',
    cause,
  });
}
