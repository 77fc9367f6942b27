import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runBuild } from '../../builder/run-build';
import { STEP_NAMES } from '../../builder/steps/steps';
import { parsePhase } from '../../core/build/build-log';
import type { Job } from '../../core/job/job';
import { ReportSchema, type Report } from '../../core/job/report';
import { SlipwayError } from '../../core/slipway-error';
import {
  binaryOf,
  contextOf,
  FAKE_TOOLS,
  fakeProcesses,
  faultyFiles,
  jobOf,
  makeWorkplace,
  soundEvidence,
  type FakeProcessOptions,
  type Workplace,
} from './fake-build';

const places: Workplace[] = [];
afterEach(() => places.splice(0).forEach((place) => place.remove()));

async function workplace(change: Partial<Job> = {}): Promise<Workplace> {
  const { place } = await makeWorkplace(jobOf(change));
  places.push(place);
  return place;
}

function outOf(place: Workplace): readonly string[] {
  const out = path.join(place.jobDirectory, 'out');
  return existsSync(out) ? readdirSync(out).sort() : [];
}

function storedReport(place: Workplace): Report {
  return ReportSchema.parse(JSON.parse(readFileSync(path.join(place.jobDirectory, 'out/report.json'), 'utf8')));
}

function digest(place: Workplace, file: string): string {
  return createHash('sha256')
    .update(readFileSync(path.join(place.jobDirectory, 'out', file)))
    .digest('hex');
}

async function buildWith(change: Partial<Job>, options: FakeProcessOptions = {}, tools = FAKE_TOOLS, environment = {}) {
  const place = await workplace(change);
  const processes = fakeProcesses(options);
  const context = contextOf(place, processes);
  const report = await runBuild({ ...context, environment: { ...context.environment, ...environment } }, tools);
  return { place, processes, report };
}

describe('a build that succeeds', () => {
  test('leaves its archive, the checksums and a report that holds for them', async () => {
    const { place, report } = await buildWith({});
    expect(report.outcome).toBe('succeeded');
    expect(storedReport(place)).toEqual(report);
    expect(outOf(place)).toEqual([
      'SHA256SUMS',
      'kit-linux-x86_64.cdx.json',
      'kit-linux-x86_64.tar.gz',
      'kit-linux-x86_64.tar.gz.sha256',
      'report.json',
    ]);
    for (const artifact of report.artifacts) expect(digest(place, artifact.file)).toBe(artifact.sha256);
    const line = `${digest(place, 'kit-linux-x86_64.tar.gz')}  kit-linux-x86_64.tar.gz\n`;
    const list = `${digest(place, 'kit-linux-x86_64.cdx.json')}  kit-linux-x86_64.cdx.json\n`;
    expect(readFileSync(path.join(place.jobDirectory, 'out/SHA256SUMS'), 'utf8')).toBe(list + line);
    expect(readFileSync(path.join(place.jobDirectory, 'out/kit-linux-x86_64.tar.gz.sha256'), 'utf8')).toBe(line);
  });

  test('says its steps in order, in the log and in the report', async () => {
    const { place, report } = await buildWith({});
    expect(place.lines.flatMap((line) => parsePhase(line)?.name ?? [])).toEqual([...STEP_NAMES]);
    expect(report.steps.map(({ name, outcome }) => [name, outcome])).toEqual(
      STEP_NAMES.map((name) => [name, name === 'sign' ? 'skipped' : 'done']),
    );
    expect(report.steps.find(({ name }) => name === 'sign')?.reason).toBe('signing is not configured');
  });

  test('reports the exact command and the tools', async () => {
    const { report, processes } = await buildWith({});
    const compile = processes.requests.find(({ args }) => args[1] === 'nuitka');
    expect(report.binaries[0]?.command.slice(1)).toEqual(compile?.args);
    expect(compile?.args).toContain('--include-distribution-metadata=kit');
    expect(report.tools.map(({ name }) => name)).toEqual(['uv', 'python', 'nuitka', 'gcc']);
  });

  test('gives the same bytes in another folder, at another time', async () => {
    const [one, other] = [await buildWith({}, { files: { 'a/b.so': 'x' } }), await buildWith({}, { files: { 'a/b.so': 'x' } })];
    expect(one.place.root).not.toBe(other.place.root);
    expect(one.report.artifacts).toEqual(other.report.artifacts);
  });

  test.each([
    ['several binaries share an archive', { split: false }, ['kit-linux-x86_64.tar.gz']],
    ['split makes one each', { split: true }, ['a-linux-x86_64.tar.gz', 'b-linux-x86_64.tar.gz']],
  ])('%s', async (_, change, archives) => {
    const { report, processes } = await buildWith({
      binaries: [binaryOf('a'), binaryOf('b', { script: 'b' })],
      package: { format: 'tar.gz', installers: [], ...change },
    });
    expect(report.artifacts.filter(({ kind }) => kind === 'archive').map(({ file }) => file)).toEqual(archives);
    const interpreters = processes.requests
      .filter(({ args }) => args[1] === 'nuitka')
      .map(({ command }) => path.basename(path.dirname(path.dirname(command))));
    expect(interpreters).toEqual(['a', 'a']); // Equal dependencies: one environment, called after the first.
  });

  test('a single file is packed, and what it needs is read from the folder before', async () => {
    const seen: (string | undefined)[] = [];
    const tools: typeof FAKE_TOOLS = {
      ...FAKE_TOOLS,
      checkBinary: (_, _job, binary) => {
        seen.push(binary.inspectDirectory, binary.executable);
        return Promise.resolve(soundEvidence(binary.name));
      },
    };
    const { report, place } = await buildWith({ binaries: [binaryOf('kit', { mode: 'onefile' })] }, {}, tools);
    expect(report.outcome).toBe('succeeded');
    expect(seen[0]).toMatch(/_slipway_main\.dist$/);
    expect(seen[1]).toBe(path.join(place.jobDirectory, 'work/package/kit-linux-x86_64/kit'));
    expect(report.warnings.join()).toContain('Defender');
  });

  test('PyInstaller: a single file is made as a folder first', async () => {
    const { report, processes } = await buildWith({ binaries: [binaryOf('kit', { mode: 'onefile', compiler: 'pyinstaller' })] });
    expect(report.outcome).toBe('succeeded');
    expect(processes.requests.filter(({ args }) => args[1] === 'PyInstaller').map(({ args }) => args[2])).toEqual([
      '--onedir',
      '--onefile',
    ]);
    expect(report.binaries[0]?.command).toContain('--onefile');
  });

  test('keeps the compiler cache of the application, once it has succeeded', async () => {
    const { place } = await buildWith({});
    expect(readdirSync(path.join(place.homeDirectory, 'cache/compile/kit'))).toEqual(['linux-x86_64']);
    const failed = await buildWith({}, { exitCode: 1 });
    expect(existsSync(path.join(failed.place.homeDirectory, 'cache'))).toBe(false);
  });

  test('a second build in the same directory replaces the first', async () => {
    const place = await workplace();
    mkdirSync(path.join(place.jobDirectory, 'out'), { recursive: true });
    writeFileSync(path.join(place.jobDirectory, 'out/old.tar.gz'), 'old');
    await runBuild(contextOf(place, fakeProcesses()), FAKE_TOOLS);
    expect(outOf(place)).not.toContain('old.tar.gz');
  });
});

describe('secrets', () => {
  const secret = 'hunter2-correct-horse';

  test('never reach the log, the report or the compiler, also when they are split over two writes', async () => {
    const half = secret.length / 2;
    const { place, processes, report } = await buildWith(
      { secretNames: ['INDEX_PASSWORD'] },
      {
        output: [
          `loading ${secret.slice(0, half)}`,
          `${secret.slice(half)} and https://me:${secret}@host/x\n`,
          'FATAL: Error, ',
          `${secret}\n`,
        ],
        exitCode: 1,
      },
      FAKE_TOOLS,
      { INDEX_PASSWORD: secret },
    );
    expect(place.lines.join('\n')).toContain('loading *** and https://***@host/x');
    expect(place.lines.join('\n')).not.toContain(secret);
    expect(JSON.stringify(report)).not.toContain(secret);
    expect(readFileSync(path.join(place.jobDirectory, 'out/report.json'), 'utf8')).not.toContain(secret);
    expect(JSON.stringify(processes.requests.map(({ env, args }) => [env, args]))).not.toContain(secret);
  });
});

describe('a build that fails', () => {
  async function failed(change: Partial<Job>, options: FakeProcessOptions = {}, tools = FAKE_TOOLS) {
    const { place, report } = await buildWith(change, options, tools);
    expect(outOf(place)).toEqual(['report.json']);
    expect(storedReport(place)).toEqual(report);
    expect([report.outcome, report.artifacts]).toEqual(['failed', []]);
    if (report.failure === undefined) throw new Error('no failure');
    return { failure: report.failure, report, place };
  }

  test('in the compiler: step, cause, hint and tail', async () => {
    const { failure, report } = await failed({}, { output: ['gcc: fatal error: Killed signal terminated program cc1\n'], exitCode: 1 });
    expect(failure).toMatchObject({ code: 'compile-failed', step: 'compile', cause: expect.stringContaining('out of memory') as string });
    expect(failure.hint).toContain('--jobs=1');
    expect(failure.logTail.join('\n')).toContain('terminated program cc1');
    expect(report.steps.map(({ outcome }) => outcome)).toEqual(['done', 'failed']);
  });

  test('with an unknown cause: the tail of the log', async () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}\n`);
    const { failure } = await failed({}, { output: lines, exitCode: 7 });
    expect(failure.cause).toBeUndefined();
    expect(failure.logTail).toHaveLength(40);
    expect(failure.logTail.at(-1)).toBe('line 99');
    expect(failure.message).toContain('exit code 7');
  });

  test('on a full disk: its own code', async () => {
    const { failure } = await failed({}, { output: ['OSError: [Errno 28] No space left on device\n'], exitCode: 1 });
    expect(failure.code).toBe('disk-full');
  });

  test('when the compiler ends well and leaves nothing', async () => {
    const { failure } = await failed({}, { isEmptyHanded: true });
    expect(failure).toMatchObject({ code: 'compile-failed', message: "Nuitka ended well and left no 'kit'" });
  });

  test.each([
    [{ answer: 'no-script', known: ['kit'] }, 'script-not-found', "did you mean 'kit'"],
    [{ answer: 'syntax', file: '', line: 3, message: 'invalid syntax', text: 'def (' }, 'entry-syntax', ':3'],
  ])('at the entry: %j', async (entryAnswer, code, told) => {
    const { failure } = await failed({}, { entryAnswer });
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(told);
  });

  test('by a check: every failed one is named, and the evidence stays', async () => {
    const broken = {
      title: 'run --version',
      kind: 'run' as const,
      outcome: 'failed' as const,
      reason: "ModuleNotFoundError: No module named 'kit.linux'",
      durationMs: 1,
    };
    const tools = { ...FAKE_TOOLS, checkBinary: () => Promise.resolve({ ...soundEvidence('kit'), checks: [broken] }) };
    const { failure, report } = await failed({}, {}, tools);
    expect(failure).toMatchObject({ code: 'check-failed', step: 'check', cause: "the module 'kit.linux' is not in the binary" });
    expect(failure.message).toContain('kit: run --version: ModuleNotFoundError');
    expect(report.binaries[0]?.checks).toEqual([broken]);
  });

  test('by a budget: by how much', async () => {
    const { failure, report } = await failed({ budgets: { archiveBytes: 10 } });
    expect(failure.code).toBe('budget-exceeded');
    expect(failure.message).toMatch(/kit-linux-x86_64\.tar\.gz takes \d+ B, [\d.]+% over 10 B/);
    expect(report.binaries[0]?.checks.map(({ kind }) => kind)).toEqual(['run', 'budget']);
  });

  test('when a check changes the program', async () => {
    const tools: typeof FAKE_TOOLS = {
      ...FAKE_TOOLS,
      checkBinary: (_, _job, binary) => {
        writeFileSync(binary.executable, 'changed by itself');
        return Promise.resolve(soundEvidence(binary.name));
      },
    };
    expect((await failed({}, {}, tools)).failure).toMatchObject({ code: 'package-changed', step: 'pack' });
  });

  test('what a check adds is not packed', async () => {
    const tools: typeof FAKE_TOOLS = {
      ...FAKE_TOOLS,
      checkBinary: (_, _job, binary) => {
        writeFileSync(path.join(binary.directory, 'history.db'), 'x');
        return Promise.resolve(soundEvidence(binary.name));
      },
    };
    const clean = await buildWith({});
    const littered = await buildWith({}, {}, tools);
    expect(littered.report.artifacts).toEqual(clean.report.artifacts);
  });

  test('when the toolchain cannot be had', async () => {
    const tools = {
      ...FAKE_TOOLS,
      preparePythonEnvironment: () => Promise.reject(new SlipwayError('compiler-missing', 'there is no C compiler', { hint: 'get one' })),
    };
    expect((await failed({}, {}, tools)).failure).toMatchObject({ code: 'compiler-missing', step: 'toolchain', hint: 'get one' });
  });

  test('with a job of another release: a report all the same', async () => {
    const place = await workplace();
    const file = path.join(place.jobDirectory, 'in/job.json');
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), futureKey: 1 }));
    const report = await runBuild(contextOf(place, fakeProcesses()), FAKE_TOOLS);
    expect(report.failure).toMatchObject({ code: 'job-invalid', message: expect.stringContaining('futureKey') as string });
    expect(storedReport(place)).toEqual(report);
  });

  test.each(['', '{"name": "kit"}'])('a job that is not one (%j) has no report', async (text) => {
    const place = await workplace();
    writeFileSync(path.join(place.jobDirectory, 'in/job.json'), text);
    await expect(runBuild(contextOf(place, fakeProcesses()), FAKE_TOOLS)).rejects.toMatchObject({ code: 'job-invalid' });
    expect(outOf(place)).toEqual([]);
  });
});

describe('a fault at every write', () => {
  const job = {
    binaries: [
      binaryOf('kit', {
        include: { packages: [], modules: [], packageData: [], metadata: [], data: [{ from: 'pyproject.toml', to: 'p.toml' }] },
      }),
    ],
  };

  /** Either nothing, or a failed report alone, or everything that the report names with its digests. */
  function expectConsistent(place: Workplace): Report | undefined {
    const out = outOf(place).filter((file) => !file.startsWith('.'));
    if (!out.includes('report.json')) {
      expect(out).toEqual([]);
      return undefined;
    }
    const report = storedReport(place);
    expect(out).toEqual([...report.artifacts.map(({ file }) => file), 'report.json'].sort());
    for (const { file, sha256 } of report.artifacts) expect(digest(place, file)).toBe(sha256);
    expect(report.artifacts.length > 0).toBe(report.outcome === 'succeeded');
    return report;
  }

  async function writesOfAWholeBuild(): Promise<number> {
    const faulty = faultyFiles(0, 'once');
    const place = await workplace(job);
    expect((await runBuild(contextOf(place, fakeProcesses(), { files: faulty.files }), FAKE_TOOLS)).outcome).toBe('succeeded');
    return faulty.count();
  }

  test('killed: nothing looks like an artifact without its report', async () => {
    const count = await writesOfAWholeBuild();
    expect(count).toBeGreaterThan(20);
    let complete = 0;
    for (let faultAt = 1; faultAt <= count; faultAt++) {
      const place = await workplace(job);
      const { files } = faultyFiles(faultAt, 'dead');
      const report = await runBuild(contextOf(place, fakeProcesses(), { files }), FAKE_TOOLS).catch(() => undefined);
      const stored = expectConsistent(place);
      if (stored !== undefined) expect(stored).toEqual(report);
      complete += stored === undefined ? 0 : 1;
    }
    expect(complete).toBeGreaterThan(0); // After the last rename only the cache is put away.
    expect(complete).toBeLessThan(6);
  });

  test('failing once: the report says so, or the build did not need that write', async () => {
    const count = await writesOfAWholeBuild();
    for (let faultAt = 1; faultAt <= count; faultAt++) {
      const place = await workplace(job);
      const { files } = faultyFiles(faultAt, 'once');
      const report = await runBuild(contextOf(place, fakeProcesses(), { files }), FAKE_TOOLS);
      expect(expectConsistent(place)).toEqual(report);
      if (report.outcome === 'failed') expect(report.failure?.code).toBe('disk-full');
    }
  });
});

describe('a trial of a comparison', () => {
  const broken = { title: 'run --version', kind: 'run' as const, outcome: 'failed' as const, reason: 'exit code 3', durationMs: 1 };
  const tools = { ...FAKE_TOOLS, checkBinary: () => Promise.resolve({ ...soundEvidence('kit'), checks: [broken] }) };

  test('records failed checks and broken budgets, and is built all the same', async () => {
    const { place, report } = await buildWith({ trial: 'nuitka-standalone', budgets: { archiveBytes: 10 } }, {}, tools);
    expect(report.outcome).toBe('succeeded');
    expect(report.binaries[0]?.checks.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual(['run failed', 'budget failed']);
    expect(outOf(place)).toContain('kit-linux-x86_64.tar.gz');
  });

  test("uses no compiler's cache and leaves none: each is measured from the same start", async () => {
    const kept = (place: Workplace) => path.join(place.homeDirectory, 'cache/compile/kit/linux-x86_64');
    const place = await workplace({ trial: 'nuitka-standalone' });
    mkdirSync(kept(place), { recursive: true });
    writeFileSync(path.join(kept(place), 'before'), 'x');
    let seen: readonly string[] | undefined;
    const looking = {
      ...FAKE_TOOLS,
      checkBinary: () => {
        seen = readdirSync(path.join(place.jobDirectory, 'work/cache'));
        return Promise.resolve(soundEvidence('kit'));
      },
    };
    expect((await runBuild(contextOf(place, fakeProcesses({})), looking)).outcome).toBe('succeeded');
    expect(seen).toEqual(['ccache', 'nuitka']);
    expect(readdirSync(kept(place))).toEqual(['before']);
  });
});
