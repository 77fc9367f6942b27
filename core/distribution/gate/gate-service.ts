/** Owns what a target offers that runs its gate itself: start it, hear what it decides, stop it. */
import type { GateLogEntry } from './gate-log-entry';

export type GateEvent =
  | ({ readonly event: 'decision' } & GateLogEntry)
  /** How the sending of a file ended. */
  | {
      readonly event: 'transfer';
      readonly at: string;
      readonly reference: string;
      readonly outcome: 'complete' | 'aborted';
      readonly sentBytes: number;
    }
  /** Requests that no link answers to, counted: guessing must not fill the log. */
  | { readonly event: 'unknown'; readonly at: string; readonly count: number }
  | { readonly event: 'fault'; readonly at: string; readonly reference?: string; readonly code: string; readonly message: string };

export interface ServeGateOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly trustProxy: boolean;
  /** Where people reach this gate, without a slash at the end. Absent: what each request says of that. */
  readonly baseUrl?: string;
  readonly onEvent: (event: GateEvent) => void;
}

export interface RunningGate {
  readonly url: string;
  /** Whether new links lead here; false while another gate of this machine runs that came first. */
  readonly isAdvertised: boolean;
  /** Resolves when the system asks this process to end. */
  readonly terminated: Promise<void>;
  /** Lets downloads that run end, within a bound. */
  stop(): Promise<void>;
}

/** Rejects with `port-in-use` or `listen-refused`. */
export type ServeGate = (options: ServeGateOptions) => Promise<RunningGate>;
