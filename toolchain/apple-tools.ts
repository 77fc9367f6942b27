/** Owns what is special about Apple's developer tools: stubs that stand for them, and a licence that must be accepted first. */
import { PLATFORMS } from '../core/platform';
import { isSlipwayError } from '../core/slipway-error';
import type { ToolchainContext } from './toolchain-context';

const TIMEOUT_MS = 20_000;

/** The command that mends what {@link isLicenseOpen} finds. */
export const LICENSE_HINT = 'accept the licence of Xcode: sudo xcodebuild -license accept';

/**
 * Whether a program of a Mac is a stub without the tools behind it: cc, git, python3 and others in /usr/bin are, and running one
 * opens a window that offers to install them. Asking xcode-select opens none.
 */
export async function isAppleStub(context: ToolchainContext, program: string): Promise<boolean> {
  if (PLATFORMS[context.platform].os !== 'macos' || !program.startsWith('/usr/bin/')) return false;
  return (await ask(context, '/usr/bin/xcode-select', ['--print-path']))?.exitCode !== 0;
}

/** Whether the tools are there and refuse to work until Xcode's licence is accepted. */
export async function isLicenseOpen(context: ToolchainContext): Promise<boolean> {
  const clang = '/usr/bin/clang';
  if (PLATFORMS[context.platform].os !== 'macos' || (await isAppleStub(context, clang))) return false;
  const told = await ask(context, clang, ['--version']);
  return told !== undefined && told.exitCode !== 0 && /licen[cs]e/i.test(told.stderr);
}

async function ask(context: ToolchainContext, command: string, args: readonly string[]) {
  try {
    return await context.processes.run({ command, args, cwd: context.userDirectory, env: context.environment, timeoutMs: TIMEOUT_MS });
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'process-not-started') return undefined;
    throw thrown;
  }
}
