/**
 * Owns the proof that the runtime in a package is the one that its registry has: byte for byte, and with its signature where it
 * came with one. It is read, not run, so it holds for every platform alike.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Job } from '../../core/job/job';
import type { CheckResult } from '../../core/job/report';
import { PLATFORMS } from '../../core/platform';
import { formatSize } from '../../core/quantity';
import type { NodeRuntime } from '../../toolchain/node/node-tools';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { readExecutable } from '../inspect/executable-file';
import { walkFolder } from '../inspect/walk-folder';
import { runtimeName } from './node-paths';

const TITLE = 'built-in: Node is as it came';

export async function inspectRuntime(context: BuilderContext, job: Job, binary: BuiltBinary, runtime: NodeRuntime): Promise<CheckResult> {
  const startedAtMs = context.clock.nowMs();
  const finding = await judge(context, job, binary, runtime);
  context.log(`${finding.isFault ? 'FAILED' : 'passed'}  ${binary.name}: ${TITLE} (${finding.text})`);
  return {
    title: TITLE,
    kind: 'built-in',
    outcome: finding.isFault ? 'failed' : 'passed',
    reason: finding.text,
    durationMs: context.clock.nowMs() - startedAtMs,
  };
}

async function judge(
  context: BuilderContext,
  { platform }: Job,
  { directory }: BuiltBinary,
  runtime: NodeRuntime,
): Promise<{ readonly isFault: boolean; readonly text: string }> {
  const name = runtimeName(platform);
  const found = (await walkFolder(context.files, directory)).find(
    ({ file, stat }) => stat.kind === 'file' && path.posix.basename(file) === name,
  );
  if (found === undefined) return { isFault: true, text: `there is no ${name} in the package` };
  const bytes = await context.files.readBytes(found.path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const origin = `${runtime.package.name} ${runtime.version}`;
  if (sha256 !== runtime.sha256) return { isFault: true, text: `${found.file} is not that of ${origin}: its SHA-256 is ${sha256}` };
  return { isFault: false, text: `${found.file} is that of ${origin}, SHA-256 ${sha256}${signatureText(platform, found.file, bytes)}` };
}

function signatureText(platform: Job['platform'], file: string, bytes: Uint8Array): string {
  const executable = readExecutable(file, bytes);
  switch (PLATFORMS[platform].os) {
    case 'linux':
      return '';
    case 'windows':
      return signed('Authenticode signature', executable?.pe?.signatureBytes);
    case 'macos':
      return signed(
        'code signature',
        executable?.machO?.slices.find(({ machine }) => machine === PLATFORMS[platform].arch)?.signatureBytes,
      );
  }
}

function signed(what: string, bytes: number | undefined): string {
  return bytes === undefined ? `; it carries no ${what}` : `; its ${what} is in place, ${formatSize(bytes)}`;
}
