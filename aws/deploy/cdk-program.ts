/** Owns running the CDK: the pinned program of this package, on this package's own app, with its output passed on as it comes. */
import path from 'node:path';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import type { Files } from '../../core/ports/files';
import type { Processes, ProcessResult } from '../../core/ports/processes';
import { SlipwayError, type ErrorCode } from '../../core/slipway-error';

export interface CdkPorts {
  readonly processes: Processes;
  readonly files: Pick<Files, 'makeTemporaryDirectory' | 'remove'>;
  /** The environment of the caller, with credentials as the SDK reads them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where `app.mjs` is, absolute. */
  readonly programDirectory: string;
  /** Node as it runs now. */
  readonly nodePath: string;
  /** Takes the CDK's own lines. */
  write(text: string): void;
}

export interface CdkCall {
  readonly args: readonly string[];
  readonly region: string;
  readonly account: string;
  readonly profile?: string;
  /** As they were judged: the app reads no file again. */
  readonly settings: DeploymentSettings;
  /** What a failure is called. */
  readonly failure: ErrorCode;
}

/** @throws SlipwayError with `call.failure` and the last lines of what the CDK said */
export async function runCdk(ports: CdkPorts, call: CdkCall): Promise<void> {
  // Two runs cannot share a folder, and that of this package may be one that cannot be written to.
  const outputDirectory = await ports.files.makeTemporaryDirectory('slipway-cdk-');
  try {
    requireSuccess(await runProgram(ports, call, outputDirectory), call);
  } finally {
    await ports.files.remove(outputDirectory);
  }
}

function runProgram(ports: CdkPorts, call: CdkCall, outputDirectory: string): Promise<ProcessResult> {
  const { programDirectory, nodePath, environment } = ports;
  const cdk = path.join(programDirectory, '..', 'node_modules', 'aws-cdk', 'bin', 'cdk');
  // Its parser takes a quote at both ends for its own and drops them (aws-cdk 2.1148.1): a space keeps them.
  const app = `"${nodePath}" "${path.join(programDirectory, 'app.mjs')}" `;
  const decoder = new TextDecoder();
  return ports.processes.run({
    command: nodePath,
    args: [
      cdk,
      ...call.args,
      '--app',
      app,
      '--output',
      outputDirectory,
      ...(call.profile === undefined ? [] : ['--profile', call.profile]),
    ],
    cwd: path.join(programDirectory, '..'),
    env: {
      ...environment,
      CDK_DEFAULT_ACCOUNT: call.account,
      CDK_DEFAULT_REGION: call.region,
      AWS_REGION: call.region,
      SLIPWAY_DEPLOYMENT_JSON: JSON.stringify(call.settings),
      // A new version of the CDK is ours to choose, and no run needs news.
      CDK_DISABLE_VERSION_CHECK: '1',
    },
    onOutput: (_stream, chunk) => ports.write(decoder.decode(chunk, { stream: true })),
  });
}

function requireSuccess(result: ProcessResult, call: CdkCall): void {
  const { stage } = call.settings;
  if (result.exitCode === 0) return;
  const tail = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-10);
  const end = result.exitCode === null ? `signal ${result.signal ?? 'unknown'}` : `exit code ${result.exitCode}`;
  throw new SlipwayError(call.failure, `cdk ${call.args[0] ?? ''} of stage '${stage}' ended with ${end}: ${tail.at(-1) ?? ''}`, {
    hint: 'read what the CDK said above; in the console the events of the stack say more; then run the same command again',
    details: { stage, args: call.args, tail },
  });
}
