/**
 * CloudWatch Logs in memory, for a stand-in without an emulator beside it: what reading a log needs.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html and API_DescribeLogStreams.html
 */
import { z } from 'zod';
import type { LogEvent, LogSink } from './ports';
import { ServiceError } from './service-error';

/** "as many log events as can fit in a response size of 1 MB (up to 10,000 log events)" */
const LARGEST_PAGE_BYTES = 1024 * 1024;
const MOST_EVENTS = 10_000;

const GetLogEventsSchema = z.strictObject({
  logGroupName: z.string(),
  logStreamName: z.string(),
  limit: z.int().min(1).max(MOST_EVENTS).optional(),
  startFromHead: z.boolean().optional(),
  nextToken: z.string().optional(),
});

const DescribeLogStreamsSchema = z.strictObject({
  logGroupName: z.string(),
  logStreamNamePrefix: z.string().optional(),
  limit: z.int().min(1).max(50).optional(),
});

interface Stream {
  readonly createdAtMs: number;
  readonly events: LogEvent[];
}

export interface LogStore extends LogSink {
  /** @returns undefined for an operation that is none of these */
  answer(operation: string, body: unknown): unknown;
  text(group: string, stream: string): string;
}

export function createLogStore(now: () => number): LogStore {
  const groups = new Map<string, Map<string, Stream>>();
  const groupOf = (name: string) => {
    const group = groups.get(name);
    if (group === undefined) throw new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
    return group;
  };
  return {
    write(group, stream, events) {
      const streams = groups.get(group) ?? new Map<string, Stream>();
      groups.set(group, streams);
      const kept = streams.get(stream) ?? { createdAtMs: now(), events: [] };
      streams.set(stream, kept);
      kept.events.push(...events);
      return Promise.resolve();
    },
    text: (group, stream) => (groups.get(group)?.get(stream)?.events ?? []).map((event) => event.message).join(''),
    answer(operation, body) {
      if (operation === 'GetLogEvents') {
        const request = GetLogEventsSchema.parse(body);
        const stream = groupOf(request.logGroupName).get(request.logStreamName);
        if (stream === undefined) throw new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.');
        return pageOf(stream.events, request);
      }
      if (operation === 'DescribeLogStreams') {
        const { logGroupName, logStreamNamePrefix = '', limit = 50 } = DescribeLogStreamsSchema.parse(body);
        const logStreams = [...groupOf(logGroupName)]
          .filter(([name]) => name.startsWith(logStreamNamePrefix))
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .slice(0, limit)
          .map(([logStreamName, { createdAtMs }]) => ({ logStreamName, creationTime: createdAtMs }));
        return { logStreams };
      }
      return undefined;
    },
  };
}

/** Tokens name a place between two events; at the end of the stream the same one comes back. */
function pageOf(events: readonly LogEvent[], request: z.infer<typeof GetLogEventsSchema>): unknown {
  const { limit = MOST_EVENTS, startFromHead = false, nextToken } = request;
  const [direction, place] = nextToken === undefined ? [startFromHead ? 'f' : 'b', startFromHead ? 0 : events.length] : placeOf(nextToken);
  const [start, end] =
    direction === 'f' ? [place, fitting(events, place, Math.min(events.length, place + limit))] : [Math.max(0, place - limit), place];
  return {
    events: events.slice(start, end).map((event) => ({ ...event, ingestionTime: event.timestamp })),
    nextForwardToken: `f/${String(end).padStart(12, '0')}/s`,
    nextBackwardToken: `b/${String(start).padStart(12, '0')}/s`,
  };
}

function fitting(events: readonly LogEvent[], start: number, end: number): number {
  let bytes = 0;
  for (let at = start; at < end; at++) {
    bytes += Buffer.byteLength(events[at]?.message ?? '') + 26; // "plus 26 bytes for each log event", API_PutLogEvents.html
    if (bytes > LARGEST_PAGE_BYTES && at > start) return at;
  }
  return end;
}

function placeOf(token: string): readonly [direction: string, place: number] {
  const match = /^([fb])\/(\d{12})\/s$/.exec(token);
  if (match?.[1] === undefined) throw new ServiceError('InvalidParameterException', 'The specified nextToken is invalid.');
  return [match[1], Number(match[2])];
}
