/** Owns what a line of the gate's log says of a request, and in which words. It never holds a token, nor anything that a caller made up. */
import type { Refusal } from './gate-answer';
import { isPreview } from './gate-request';

/** What was done for a request that was allowed. `continued`: a piece of a download that was granted before. */
export const SERVICES = ['granted', 'continued', 'companion', 'head', 'not-modified', 'page', 'list', 'preview'] as const;
export type Service = (typeof SERVICES)[number];

/** What kind of program asked, by what it says of itself: a class, because the text is the caller's own. */
export type AgentClass = 'browser' | 'curl' | 'wget' | 'powershell' | 'preview' | 'other' | 'none';

export type GateLogEntry = LoggedRequest &
  ({ readonly reason: 'ok'; readonly service: Service } | { readonly reason: Refusal; readonly service?: undefined });

interface LoggedRequest {
  readonly at: string;
  readonly reference: string;
  readonly method: string;
  readonly agent: AgentClass;
  readonly status: number;
  /** Absent where nothing is known by the token. */
  readonly distId?: string;
  /** A file of the distribution; one that it has not is not named. */
  readonly file?: string;
  readonly address?: string;
  readonly isGrant: boolean;
  readonly grantId?: string;
  /** The grant that this is a piece of. */
  readonly continues?: string;
}

/** Of Windows PowerShell, which calls itself Mozilla too, before browsers. */
const AGENTS: readonly (readonly [AgentClass, RegExp])[] = [
  ['powershell', /PowerShell\//],
  ['curl', /^curl\//],
  ['wget', /^Wget\//i],
  ['browser', /^Mozilla\//],
];

export function agentClassOf(headers: Readonly<Record<string, string | undefined>>): AgentClass {
  const agent = headers['user-agent'] ?? '';
  if (isPreview(headers)) return 'preview';
  if (agent === '') return 'none';
  return AGENTS.find(([, pattern]) => pattern.test(agent))?.[0] ?? 'other';
}
