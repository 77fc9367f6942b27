/** A real gate that hands out real packages of a small application, and somebody's machine to install them on. */
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { DistributedFile, Distribution } from '../../core/distribution/distribution';
import { createToken } from '../../core/distribution/link-token';
import { idFromBytes } from '../../core/identifier';
import type { Requires } from '../../core/job/report';
import { platformOfHost, type PlatformId } from '../../core/platform';
import type { ProcessResult, RunningProcess } from '../../core/ports/processes';
import { storageKey } from '../../core/storage-key';
import { nodeRandomness } from '../../local/machine/clock-node';
import { createNodeProcesses } from '../../local/machine/processes-node';
import { tarGzOf, type FakeEntry } from '../fakes/archives';
import { distributedFile, distributionWith, sha256Of } from '../fakes/distributions';
import { installablePackage } from '../fakes/installable';
import { createGateFixture } from '../local/distribution/gate-fixture';

/** Every shell that may be `sh` somewhere, as it is called. */
const SHELLS = ['dash', 'bash', 'bash --posix', 'busybox ash', 'mksh', 'ksh93', 'zsh', 'yash', 'posh'] as const;

const PROGRAMS_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const processes = createNodeProcesses();

/** Undefined where the script has nothing to install on: it is for Linux and macOS. */
export const hostPlatform = process.platform === 'win32' ? undefined : platformOfHost(process.platform, process.arch);

export function findProgram(name: string): string | undefined {
  return PROGRAMS_PATH.split(':')
    .map((directory) => path.join(directory, name))
    .find((file) => existsSync(file));
}

export function shellsAtHand(): { readonly found: readonly string[]; readonly missing: readonly string[] } {
  const isThere = (shell: string) => findProgram(shell.split(' ')[0] ?? '') !== undefined;
  return { found: SHELLS.filter(isThere), missing: SHELLS.filter((shell) => !isThere(shell)) };
}

export interface Published {
  readonly distribution: Distribution;
  readonly url: string;
}

export interface PublishedPackage {
  readonly file: string;
  readonly folder: string;
  readonly programs: readonly { readonly name: string; readonly path: string }[];
  readonly content: Buffer;
}

export interface PublishChange {
  readonly requires?: Requires;
  /** What the record promises, instead of what is there. */
  readonly sha256?: string;
  /** The file lost its end after it was recorded. */
  readonly cutAt?: number;
  /** Default: this host's. */
  readonly platform?: PlatformId;
  /** Of the archive, instead of the application's own. */
  readonly entries?: readonly FakeEntry[];
  /** Instead of an archive. */
  readonly content?: Buffer;
  /** Instead of the one. */
  readonly packages?: readonly PublishedPackage[];
}

export interface InstallFixture {
  readonly gate: ReturnType<typeof createGateFixture>;
  readonly home: string;
  /** What a process there is started with. */
  readonly env: Readonly<Record<string, string>>;
  publish(version: string, change?: PublishChange): Promise<Published>;
  /** What becomes of a link after it was sent. */
  change(published: Published, change: Partial<Distribution>): Promise<void>;
  /** As people type it: `curl -fsSL LINK/install.sh | SHELL -s -- ARGS`. */
  install(shell: string, url: string, options?: RunOptions): Promise<ProcessResult>;
  /** Runs a line in /bin/sh. */
  run(line: string, options?: RunOptions): Promise<ProcessResult>;
  start(line: string): RunningProcess;
  /** Everything below the home, sorted; links with what they lead to. */
  tree(): readonly string[];
  /** A PATH with nothing but these programs and what any system has. */
  pathWith(...programs: readonly string[]): string;
  /** Puts a program of one's own before all others. @returns the PATH for it */
  pathWithFake(name: string, script: string): string;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly args?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What POSIX has, and what the script may count on. */
const USUAL = 'sh uname getconf ldd grep sed tr wc ln mv mkdir rm rmdir readlink cat df find chmod date dd tail sleep dirname env'.split(
  ' ',
);

export async function createInstallFixture(): Promise<InstallFixture> {
  const gate = createGateFixture();
  const { url: base } = await gate.start();
  const home = path.join(gate.homeDirectory, "Ann's hömé $x");
  mkdirSync(home);
  const env = { HOME: home, PATH: PROGRAMS_PATH, SHELL: '/bin/bash', LC_ALL: 'C.UTF-8', no_proxy: '*' };
  const request = (line: string, { env: change = {} }: RunOptions = {}) => ({
    command: '/bin/sh',
    args: ['-c', line],
    cwd: gate.homeDirectory,
    env: Object.fromEntries(Object.entries({ ...env, ...change }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
    timeoutMs: 50_000,
  });
  let folders = 0;
  const newFolder = () => {
    const folder = path.join(gate.homeDirectory, `programs-${++folders}`);
    mkdirSync(folder);
    return folder;
  };
  return {
    gate,
    home,
    env,
    publish: (version, change = {}) => publish(gate.ports, base, version, change),
    async change({ distribution }, change) {
      const key = storageKey.distributionRecord(distribution.distId);
      const entry = await gate.ports.ledger.read(key);
      await gate.ports.ledger.replace(key, { ...distribution, ...change }, entry?.revision ?? '');
    },
    install(shell, url, options = {}) {
      const [name = '', ...own] = shell.split(' ');
      const command = [findProgram(name) ?? name, ...own].join(' ');
      const fetched = `/usr/bin/curl -fsSL '${url}/install.sh'`;
      const piped = `${fetched} | ${command}`;
      const { args = '' } = options;
      // posh has no -s, by which arguments follow a script that is piped.
      const saved = `${fetched} >saved.sh && ${command} saved.sh ${args}`;
      return processes.run(request(args === '' ? piped : name === 'posh' ? saved : `${piped} -s -- ${args}`, options));
    },
    run: (line, options) => processes.run(request(line, options)),
    start: (line) => processes.start(request(line)),
    tree: () => treeOf(home),
    pathWith(...programs) {
      const folder = newFolder();
      for (const name of [...USUAL, ...programs]) {
        const file = findProgram(name);
        if (file !== undefined) symlinkSync(file, path.join(folder, name));
      }
      return folder;
    },
    pathWithFake(name, script) {
      const folder = newFolder();
      writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return `${folder}:${PROGRAMS_PATH}`;
    },
    close: () => gate.close(),
  };
}

/** `fieldkit` says its version; `fieldkit-wait` is a program that stays as long as it is told, so that it can be upgraded under. */
function applicationEntries(folder: string, version: string): readonly FakeEntry[] {
  const says = `#!/bin/sh\necho fieldkit ${version} "$@"\n`;
  return [
    { path: `${folder}/`, mode: 0o755 },
    { path: `${folder}/fieldkit/`, mode: 0o755 },
    { path: `${folder}/fieldkit/fieldkit`, mode: 0o755, content: Buffer.from(says) },
    { path: `${folder}/fieldkit/newest`, link: 'fieldkit' },
    { path: `${folder}/fieldkit-wait/fieldkit-wait`, mode: 0o755, content: readFileSync(findProgram('sleep') ?? '/bin/sleep') },
    { path: `${folder}/fieldkit-wait/about.txt`, content: Buffer.from(version) },
  ];
}

async function applicationPackage(version: string, { platform, entries, content }: PublishChange): Promise<PublishedPackage> {
  const folder = `fieldkit-${platform ?? hostPlatform ?? 'linux-x86_64'}`;
  return {
    file: `${folder}.tar.gz`,
    folder,
    programs: ['fieldkit', 'fieldkit-wait'].map((name) => ({ name, path: `${folder}/${name}/${name}` })),
    content: content ?? (await tarGzOf(entries ?? applicationEntries(folder, version))),
  };
}

async function publish(
  { ledger, store }: ReturnType<typeof createGateFixture>['ports'],
  base: string,
  version: string,
  change: PublishChange,
): Promise<Published> {
  const { requires = {}, cutAt, platform = hostPlatform ?? 'linux-x86_64', sha256 } = change;
  const distId = idFromBytes(nodeRandomness.bytes(10));
  const files: DistributedFile[] = [];
  for (const { file, folder, programs, content } of change.packages ?? [await applicationPackage(version, change)]) {
    const key = storageKey.distributionFile(distId, file);
    const { versionId } = await store.put(key, () => Readable.from([content.subarray(0, cutAt)]), {});
    const facts = { folder, binaries: [...programs], requires };
    files.push(installablePackage(platform, { file, facts, sizeBytes: content.length, sha256: sha256 ?? sha256Of(content), versionId }));
  }
  const distribution = distributionWith({
    distId,
    version,
    about: { installers: ['script'], title: "Ann's $(Field) Kit" },
    createdAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    files: [...files, distributedFile('other.txt', { kind: 'file' })],
  });
  const token = createToken(nodeRandomness);
  await ledger.create(storageKey.distributionRecord(distId), distribution);
  await ledger.create(storageKey.link(token), { schemaVersion: 1, distId });
  return { distribution, url: `${base}/d/${token}` };
}

function treeOf(root: string, below = ''): readonly string[] {
  return readdirSync(path.join(root, below), { withFileTypes: true })
    .flatMap((entry) => {
      const name = path.join(below, entry.name);
      return entry.isDirectory() ? [`${name}/`, ...treeOf(root, name)] : [name];
    })
    .sort();
}
