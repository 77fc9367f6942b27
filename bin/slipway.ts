#!/usr/bin/env node
/** The command line: hands this machine's ports to the commands, each loaded when it is first used. No logic. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_STAGE } from '../core/deployment/parameter-names';

declare const SLIPWAY_VERSION: string;

// The SDK is pinned: what it says of Node versions to come is for whoever updates it, not for whoever runs a command.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// Answered before anything is loaded: scripts and prompts ask often.
if (process.argv.length === 3 && process.argv[2] === '--version') process.stdout.write(`${SLIPWAY_VERSION}\n`);
else process.exitCode = await main();

async function main(): Promise<number> {
  const [{ runCli }, { nodeTerminal, interruptSignal }, { showUpload }, { machinePorts }] = await Promise.all([
    import('../cli/main'),
    import('../cli/terminal-node'),
    import('../cli/show/upload-progress'),
    import('../local/machine/machine-ports'),
  ]);
  const programDirectory = path.dirname(fileURLToPath(import.meta.url));
  const terminal = nodeTerminal(process.env);
  const interrupted = interruptSignal();
  return runCli({
    argv: process.argv.slice(2),
    version: SLIPWAY_VERSION,
    terminal,
    environment: process.env,
    context: (globals) => {
      const ports = machinePorts({ programDirectory, note: (line) => terminal.note(`${line}\n`) });
      return {
        ...ports,
        services: async (target, place = { stage: DEFAULT_STAGE }) => {
          if (target === 'local') return ports.localServices();
          const { createAwsServices } = await import('../aws/aws-services');
          const onUpload = showUpload(terminal, globals.quiet);
          return createAwsServices({ ...(await ports.exchange()), place, clientVersion: SLIPWAY_VERSION, onUpload });
        },
        deployer: async (place) => {
          const [{ createCdkDeployer }, { createAwsServices }] = await Promise.all([
            import('../aws/deploy/deployer-cdk'),
            import('../aws/aws-services'),
          ]);
          const clientVersion = SLIPWAY_VERSION;
          return createCdkDeployer({
            place,
            clientVersion,
            clock: ports.clock,
            processes: await ports.processes(),
            files: await ports.files(),
            environment: ports.environment,
            programDirectory,
            nodePath: process.execPath,
            write: (text) => terminal.note(text),
            builds: async () => (await createAwsServices({ ...(await ports.exchange()), place, clientVersion })).builds,
          });
        },
        trialBench: () =>
          ports.trialBench(async (trialPorts, job, program) =>
            (await import('../builder/comparison/trial-launcher')).createTrialLauncher(trialPorts, job, program),
          ),
        planBuild: async (job, host) => (await import('../builder/plan')).planBuild(job, host),
        terminal,
        globals,
        interrupted,
      };
    },
  });
}
