/**
 * Owns the names of what goes wrong when a host launches a program and waits until it is ready. Stable: reports, comparisons and the
 * documentation use them. The evidence that goes with one is text for a person.
 */
import { z } from 'zod';

export const LAUNCH_FAULTS = [
  /** There is no such file. */
  'binary-missing',
  /** The system may not run it: a mode without x, a folder, a script whose interpreter is not there. */
  'not-executable',
  /** It is a program for another processor or another system. */
  'wrong-architecture',
  /** It ended without having said that it is ready. */
  'exited-before-ready',
  /** It runs, and has not said so in time. */
  'not-ready-in-time',
  /** It announced a JSON object that is none. */
  'malformed-json',
  /** It announced port 0: what it asked the system for, not what it got. */
  'port-zero',
  /** Nobody takes connections at the port that it announced. */
  'port-not-answering',
  /** It announced itself again; a host would take the second one for a restart. */
  'ready-twice',
  /** It ended after it was ready, before or while it was asked to. */
  'crashed-after-ready',
  /** It went on after it was asked to end, and had to be killed. */
  'ignored-stop',
  /** It ended, and something that it had started did not. */
  'orphaned-child',
] as const;

export const LaunchFaultSchema = z.enum(LAUNCH_FAULTS);
export type LaunchFault = z.infer<typeof LaunchFaultSchema>;
