/** Owns the list of commands in the order of the help. A command's file is loaded only when it runs. */
import type { CliCommand } from './command';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Left out of the help: for Slipway itself. */
  readonly isHidden?: boolean;
  load(): Promise<{ readonly command: CliCommand }>;
}

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'init', summary: 'write a slipway.yaml for the project here', load: () => import('./commands/init') },
  { name: 'check', summary: 'prove a slipway.yaml against its folder', load: () => import('./commands/check') },
  { name: 'plan', summary: 'show what a build would do, without building', load: () => import('./commands/plan') },
  {
    name: 'start-build',
    summary: 'build on this machine or in the deployment; returns the id at once',
    load: () => import('./commands/start-build'),
  },
  { name: 'status', summary: 'show how a build fares', load: () => import('./commands/status') },
  { name: 'builds', summary: 'list the newest builds', load: () => import('./commands/builds') },
  { name: 'logs', summary: 'show what a build printed', load: () => import('./commands/logs') },
  { name: 'cancel', summary: 'end a build with everything that it started', load: () => import('./commands/cancel') },
  { name: 'download', summary: 'fetch what a build made, checksums enforced', load: () => import('./commands/download') },
  { name: 'verify', summary: 'check a build or a file against its checksums', load: () => import('./commands/verify') },
  {
    name: 'compare',
    summary: 'choose between Nuitka and PyInstaller by building and launching both',
    load: () => import('./commands/compare'),
  },
  { name: 'distribute', summary: 'hand out a build or a file by an expiring link', load: () => import('./commands/distribute') },
  { name: 'distributions', summary: 'list what was handed out', load: () => import('./commands/distributions') },
  { name: 'downloads', summary: 'show who fetched what by a link', load: () => import('./commands/downloads') },
  { name: 'revoke', summary: 'end a link at once', load: () => import('./commands/revoke') },
  { name: 'serve', summary: 'run the gate of this machine', load: () => import('./commands/serve') },
  { name: 'supervise', summary: 'watch one job of this machine', isHidden: true, load: () => import('./commands/supervise') },
  { name: 'deploy', summary: 'make a deployment in an AWS account, or bring it up to date', load: () => import('./commands/deploy') },
  { name: 'destroy', summary: 'remove a deployment with everything in it', load: () => import('./commands/destroy') },
  { name: 'doctor', summary: 'tell what this machine can build and what it lacks', load: () => import('./commands/doctor') },
];
