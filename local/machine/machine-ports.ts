/** Joins the ports of this machine as the command line wants them: each loaded on first use, because most commands need few. */
import path from 'node:path';
import type { TrialBench } from '../../core/comparison/trial-bench';
import type { Host } from '../../core/host/host';
import type { Clock, Randomness } from '../../core/ports/clock';
import type { Files } from '../../core/ports/files';
import type { Processes } from '../../core/ports/processes';
import type { SourcePacker } from '../../core/ports/source-packer';
import type { TargetServices } from '../../core/services';
import type { PlainFile } from '../../core/distribution/hand-out/distribution-content';
import type { ReadableDownloads } from '../../core/ports/downloads';
import type { Uploads } from '../../core/ports/uploads';
import type { VendorRequest } from '../../toolchain/vendoring/vendor-request';
import type { VendoredWheel } from '../../toolchain/vendoring/vendor-wheels';
import type { TrialLauncherOf } from '../comparison/trial-bench-machine';
import { nodeClock, nodeRandomness } from './clock-node';
import { createNodeFiles } from './files-node';
import { requireHomeFolder } from './home-folder';
import { readMachine, type Machine } from './machine';
import { createNodeProcesses } from './processes-node';

export interface MachinePorts {
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  files(): Promise<Files>;
  processes(): Promise<Processes>;
  sourcePacker(): Promise<SourcePacker>;
  /** The services of this machine. */
  localServices(): Promise<TargetServices>;
  /** What calls to elsewhere need of this machine. */
  exchange(): Promise<FileExchange>;
  host(pythonVersion?: string, glibcBudget?: string): Promise<Host>;
  /** Where programs are compared. @param launcher what the builder makes of a program that was built */
  trialBench(launcher: TrialLauncherOf): Promise<TrialBench>;
  vendorWheels(request: VendorRequest, secrets: Readonly<Record<string, string>>): Promise<readonly VendoredWheel[]>;
}

/** Files on their way to and from a deployment. */
export interface FileExchange {
  readonly uploads: Uploads;
  readonly downloads: ReadableDownloads;
  /** @throws SlipwayError `file-not-found`, `path-not-distributable` */
  readFile(path: string): Promise<PlainFile>;
}

export interface MachinePortsOptions {
  /** Where `slipway.mjs` and `builder.mjs` are, absolute. */
  readonly programDirectory: string;
  /** Takes what the toolchain says while it looks around, a line at a time. */
  note(line: string): void;
}

export function machinePorts(options: MachinePortsOptions): MachinePorts {
  const machine = readMachine();
  const ports = { files: createNodeFiles(), processes: createNodeProcesses(), clock: nodeClock, randomness: nodeRandomness };
  const { homeDirectory, environment, workingDirectory } = machine;
  return {
    environment,
    workingDirectory,
    clock: nodeClock,
    randomness: nodeRandomness,
    files: () => Promise.resolve(ports.files),
    processes: () => Promise.resolve(ports.processes),
    sourcePacker: async () =>
      (await import('../source/source-packer-zip')).createZipSourcePacker({
        files: ports.files,
        directory: path.join(homeDirectory, 'cache', 'sources'),
        homeDirectory,
        nodePlatform: process.platform,
        now: () => nodeClock.nowMs(),
      }),
    localServices: async () => {
      const [{ createLocalServices }] = await Promise.all([import('../local-services'), requireHomeFolder(ports.files, homeDirectory)]);
      return createLocalServices({ ...machine, ...ports, programDirectory: options.programDirectory, nodePlatform: process.platform });
    },
    exchange: () => openExchange(machine, ports.files),
    vendorWheels: async (request, secrets) => {
      const [{ vendorWheels }, { toolchainOf }] = await Promise.all([
        import('../../toolchain/vendoring/vendor-wheels'),
        import('./toolchain-machine'),
      ]);
      return vendorWheels(
        toolchainOf({ ...machine, environment: { ...environment, ...secrets } }, (line) => options.note(line)),
        request,
      );
    },
    trialBench: async (launcher) => {
      const [{ createTrialBench }] = await Promise.all([
        import('../comparison/trial-bench-machine'),
        requireHomeFolder(ports.files, homeDirectory),
      ]);
      return createTrialBench({ machine, ...ports, note: (line) => options.note(line) }, launcher);
    },
    host: async (pythonVersion, glibcBudget) => {
      const [{ inspectHost }, { toolchainOf }] = await Promise.all([
        import('../../toolchain/host'),
        import('./toolchain-machine'),
        requireHomeFolder(ports.files, homeDirectory),
      ]);
      return inspectHost(
        toolchainOf(machine, (line) => options.note(line)),
        pythonVersion,
        glibcBudget,
      );
    },
  };
}

async function openExchange(machine: Machine, files: Files): Promise<FileExchange> {
  const [{ createUndiciDownloads }, { createUndiciUploads }, { readPlainFile }] = await Promise.all([
    import('./downloads-undici'),
    import('./uploads-undici'),
    import('../distribution/plain-file'),
  ]);
  const network = { ...machine, files };
  return {
    downloads: createUndiciDownloads(network),
    uploads: createUndiciUploads(network),
    readFile: (file) => readPlainFile(files, file),
  };
}
