/** Owns what a step is: sentences and lines to type, as data. */
import type { OperatingSystem } from '../../platform';
import type { DistributedFile } from '../distribution';

export type Shell = 'Terminal' | 'PowerShell' | 'Command Prompt';

export interface CommandLine {
  readonly shell: Shell;
  readonly command: string;
}

export type StepPart = { readonly kind: 'text'; readonly text: string } | ({ readonly kind: 'command' } & CommandLine);

export interface Step {
  readonly title: string;
  readonly parts: readonly StepPart[];
}

/** What the steps have to know of a file. */
export type SteppedFile = Pick<DistributedFile, 'file' | 'sha256' | 'package'>;

export const SHELL_OF: Readonly<Record<OperatingSystem, Shell>> = { linux: 'Terminal', macos: 'Terminal', windows: 'PowerShell' };

export function say(text: string): StepPart {
  return { kind: 'text', text };
}

/** Lines that are typed one after the other. */
export function type(shell: Shell, ...lines: readonly string[]): StepPart {
  return { kind: 'command', shell, command: lines.join('\n') };
}
