import '../allow-network';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CliContext, Terminal } from '../../cli/context';
import { runCli } from '../../cli/main';
import type { DistributeRequest, DistributionService, DistributionView } from '../../core/distribution/distribution-service';
import { SlipwayError } from '../../core/slipway-error';
import type { Envelope } from '../../core/envelope';
import { createNodeFiles } from '../../local/machine/files-node';
import { createServeGate } from '../../local/distribution/serve-gate';
import { distributionWith, storeBuild } from '../fakes/distributions';
import { createManualClock } from '../fakes/manual-clock';
import { createGateFixture, get, type GateFixture } from '../local/distribution/gate-fixture';

const clock = createManualClock('2026-03-01T00:00:00Z');
let fixture: GateFixture;

beforeEach(() => {
  fixture = createGateFixture({ clock });
});

afterEach(() => fixture.close());

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly terminal?: Partial<Terminal>;
  readonly interrupted?: AbortSignal;
  readonly onNote?: (text: string) => void;
  /** In place of this machine's. */
  readonly distributions?: Partial<DistributionService>;
}

async function slipway(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const environment = { TZ: 'Europe/Berlin', ...options.environment };
  const terminal: Terminal = {
    write: (text) => void (out += text),
    note: (text) => {
      err += text;
      options.onNote?.(text);
    },
    isInteractive: false,
    hasColor: false,
    columns: 100,
    ...options.terminal,
  };
  const unused = () => {
    throw new Error('not needed here');
  };
  const exitCode = await runCli({
    argv,
    version: '0.0.0',
    terminal,
    environment,
    context: (globals): CliContext => ({
      terminal,
      environment,
      workingDirectory: fixture.homeDirectory,
      globals,
      clock,
      randomness: fixture.ports.randomness,
      files: () => Promise.resolve(createNodeFiles()),
      processes: unused,
      sourcePacker: unused,
      services: () =>
        Promise.resolve({
          builds: {} as never,
          distributions: { ...fixture.service, ...options.distributions },
          serveGate: createServeGate(fixture.ports),
        }),
      host: unused,
      planBuild: unused,
      deployer: unused,
      interrupted: options.interrupted ?? new AbortController().signal,
    }),
  });
  return { exitCode, out, err };
}

const dataOf = (ran: Ran) => {
  const envelope = JSON.parse(ran.out) as Envelope;
  if (!envelope.ok) throw new Error(envelope.error.message);
  return envelope.data;
};

const distributeView = async (...argv: readonly string[]) => dataOf(await slipway(['distribute', '--json', ...argv])) as DistributionView;

test('distribute prints the link first, then what it promises', async () => {
  await storeBuild(fixture.ports);
  const ran = await slipway([
    'distribute',
    '--app',
    'fieldkit',
    '--expires-hours',
    '8',
    '--allowed-ips',
    '203.0.113.0/25,203.0.113.128/25',
    '--max-downloads',
    '5',
  ]);
  expect(ran.exitCode).toBe(0);
  expect(ran.out).toMatch(/^http:\/\/127\.0\.0\.1:8722\/d\/[\w-]{32}\n/);
  expect(ran.out).toContain('application   fieldkit 1.4.0');
  expect(ran.out).toContain('holds until   2026-03-01 09:00 CET (2026-03-01 08:00 UTC), 8 h 0 min left');
  expect(ran.out).toContain('answers to    203.0.113.0/24\n');
  expect(ran.out).toContain('downloads     0 of 5');
  expect(ran.out).toMatch(/fieldkit-linux-x86_64\.tar\.gz {2}23 B\n {4}sha256 [0-9a-f]{64}/);
  expect(ran.err).toContain('note: all allowed ranges are IPv4');
  expect(ran.err).toContain('note: the link answers while the gate runs on this machine: start it with slipway serve');
});

test('the defaults are 48 hours and every address; quiet prints the link alone; ranges may be given twice', async () => {
  await storeBuild(fixture.ports);
  const { distribution } = await distributeView('b0000000', '--allowed-ips', '10.0.0.1', '--allowed-ips', '::1');
  expect(Date.parse(distribution.expiresAt) - Date.parse(distribution.createdAt)).toBe(48 * 3_600_000);
  expect(distribution.allowedRanges).toEqual(['10.0.0.1/32', '::1/128']);
  const quiet = await slipway(['distribute', '--app', 'fieldkit', '--quiet', '--base-url', 'https://kit.example.org/']);
  expect(quiet.out).toMatch(/^https:\/\/kit\.example\.org\/d\/[\w-]{32}\n$/);
});

test('the recipe gives name and defaults, options win, and the environment says where the gate is', async () => {
  await storeBuild(fixture.ports);
  writeFileSync(
    path.join(fixture.homeDirectory, 'slipway.yaml'),
    'schema: 1\nname: fieldkit\ntitle: Field Kit\ndistribute: { expires-hours: 12, allowed-ips: [10.0.0.0/8] }\n',
  );
  const byRecipe = await distributeView();
  expect(byRecipe.distribution).toMatchObject({ name: 'fieldkit', title: 'Field Kit', allowedRanges: ['10.0.0.0/8'] });
  expect(byRecipe.distribution.expiresAt).toBe('2026-03-01T12:00:00.000Z');
  const environment = { SLIPWAY_GATE_URL: 'http://gate.lan:9000' };
  const ran = await slipway(['distribute', '--expires-hours', '1', '--json'], { environment });
  const byOption = dataOf(ran) as DistributionView;
  expect(byOption.url).toMatch(/^http:\/\/gate\.lan:9000\/d\//);
  expect(byOption.distribution.expiresAt).toBe('2026-03-01T01:00:00.000Z');
});

test('--get-latest shows the same link with its downloads and the time left', async () => {
  await storeBuild(fixture.ports);
  const made = await distributeView('--app', 'fieldkit');
  await fixture.start();
  await get((await fixture.service.latest('fieldkit')).url ?? '');
  clock.advance(3_600_000);
  const ran = await slipway(['distribute', '--get-latest', '--app', 'fieldkit', '--base-url', 'http://127.0.0.1:8722']);
  expect(ran.out.split('\n')[0]).toBe(made.url);
  expect(ran.out).toContain('downloads     1\n');
  expect(ran.out).toContain('47 h 0 min left');
  clock.advance(-3_600_000);
});

test('--get-latest has no link to show when it has ended, and says since when', async () => {
  await storeBuild(fixture.ports);
  const view = await distributeView('--app', 'fieldkit');
  await slipway(['revoke', view.distribution.distId]);
  const ran = await slipway(['distribute', '--get-latest', '--app', 'fieldkit']);
  expect([ran.exitCode, ran.out]).toEqual([3, '']);
  expect(ran.err).toContain("error: the newest link of 'fieldkit' is revoked: revoked 2026-03-01 01:00 CET");
  expect(ran.err).toContain('hint: run slipway distribute --app fieldkit');
});

test('a QR code stands above the link; with --json it goes to standard error', async () => {
  await storeBuild(fixture.ports);
  const drawn = await slipway(['distribute', '--app', 'fieldkit', '--qr']);
  expect(drawn.out).toMatch(/^█{4,}\n/);
  expect(drawn.out).toMatch(/\nhttp:\/\/127\.0\.0\.1:8722\/d\//);
  const json = await slipway(['distribute', '--get-latest', '--app', 'fieldkit', '--qr', '--json'], { terminal: { columns: 20 } });
  expect((dataOf(json) as DistributionView).state).toBe('live');
  expect(json.err).toContain('████');
  expect(json.err).toContain('columns; widen the terminal');
});

test('a link that no QR code can hold is refused before anything is handed out', async () => {
  await storeBuild(fixture.ports);
  const ran = await slipway(['distribute', '--app', 'fieldkit', '--qr', '--base-url', `https://example.org/${'x'.repeat(3000)}`]);
  expect([ran.exitCode, ran.out]).toEqual([2, '']);
  expect(ran.err).toContain('[qr-too-large]');
  expect(await fixture.service.list({ limit: 1 })).toEqual([]);
});

test('a file is handed out by its path, relative to where one stands', async () => {
  mkdirSync(path.join(fixture.homeDirectory, 'out'));
  writeFileSync(path.join(fixture.homeDirectory, 'out', 'report.pdf'), 'report');
  const view = await distributeView('--path', 'out/report.pdf', '--app', 'reports');
  expect(view.distribution).toMatchObject({ name: 'reports', files: [{ file: 'report.pdf', kind: 'file' }, {}, {}, {}] });
});

test.each<[string, readonly string[], number, string, string]>([
  ['a build that is not there', ['distribute', 'zzzzzzzz'], 3, 'build-not-found', "'zzzzzzzz'"],
  ['a range that is none', ['distribute', 'b0000000', '--allowed-ips', '10.0.0.1/8'], 2, 'address-range-invalid', 'write 10.0.0.0/8'],
  ['a list of ranges that is empty by mistake', ['distribute', 'b0000000', '--allowed-ips', ''], 2, 'bad-usage', 'or leave it out'],
  ['commas without a platform', ['distribute', 'b0000000', '--platform', ' , '], 2, 'bad-usage', 'or leave it out'],
  ['hours that are none', ['distribute', 'b0000000', '--expires-hours', 'two'], 2, 'bad-usage', "not 'two'"],
  ['hours out of range', ['distribute', 'b0000000', '--expires-hours', '200'], 2, 'expiry-out-of-range', "'200'"],
  ['a direct link', ['distribute', 'b0000000', '--link', 'direct'], 2, 'link-kind-unavailable', '--link gate'],
  ['a direct link, where no S3 is', ['distribute', 'b0000000', '--link', 'direct'], 2, 'link-kind-unavailable', '--target aws'],
  ['a QR code of a direct link', ['distribute', 'b0000000', '--link', 'direct', '--qr'], 2, 'qr-too-large', '--link gate'],
  ['latest and a kind', ['distribute', '--get-latest', '--link', 'direct'], 2, 'bad-usage', '--get-latest'],
  ['an unknown link', ['distribute', 'b0000000', '--link', 'ftp'], 2, 'bad-usage', "unknown link 'ftp'"],
  ['an unknown platform', ['distribute', 'b0000000', '--platform', 'beos'], 2, 'bad-usage', "unknown platform 'beos'"],
  ['a platform that was not built', ['distribute', 'b0000000', '--platform', 'windows-x86_64'], 3, 'platform-not-in-build', 'linux-x86_64'],
  ['a path and a build', ['distribute', 'b0000000', '--path', 'x', '--app', 'k'], 2, 'bad-usage', '--path'],
  ['a path without a name', ['distribute', '--path', 'x'], 2, 'bad-usage', '--app NAME'],
  ['a path that is not there', ['distribute', '--path', 'x', '--app', 'k'], 3, 'file-not-found', 'no file'],
  ['latest and a choice', ['distribute', '--get-latest', '--expires-hours', '3'], 2, 'bad-usage', '--get-latest'],
  ['latest of nothing', ['distribute', '--get-latest', '--app', 'other'], 3, 'distribution-not-found', "'other' has never been"],
  ['a base address that is none', ['distribute', 'b0000000', '--base-url', 'kit'], 2, 'base-url-invalid', "'kit'"],
  ['an id that is not there', ['revoke', 'zzzzzzzz'], 3, 'distribution-not-found', "'zzzzzzzz'"],
  ['downloads of nothing', ['downloads', 'zzzzzzzz'], 3, 'distribution-not-found', 'slipway distributions'],
  ['no id', ['revoke'], 2, 'bad-usage', "'id'"],
  ['a limit that is none', ['distributions', '--limit', '0'], 2, 'bad-usage', "not '0'"],
  ['a port that is none', ['serve', '--port', '99999'], 2, 'bad-usage', "'99999'"],
])('%s: a clear error, in text and in JSON', async (_what, argv, exitCode, code, text) => {
  await storeBuild(fixture.ports);
  const plain = await slipway(argv);
  expect([plain.exitCode, plain.out]).toEqual([exitCode, '']);
  expect(plain.err).toContain(`[${code}]`);
  expect(plain.err).toContain(text);
  const json = await slipway([...argv, '--json']);
  expect(json.exitCode).toBe(exitCode);
  expect(JSON.parse(json.out)).toMatchObject({ ok: false, error: { code } });
  expect(await fixture.service.list({ limit: 1 })).toEqual([]);
});

describe('a direct link of a deployment', () => {
  const SIGNER = 'arn:aws:sts::111122223333:assumed-role/link/slipway-0123456789abcdef';
  const URL = 'https://artifacts.s3.eu-central-1.amazonaws.com/distributions/0123456789abcdef/f?X-Amz-Signature=0123';
  const view: DistributionView = {
    distribution: distributionWith({ link: 'direct', signedBy: SIGNER, expiresAt: '2026-03-01T01:00:00.000Z' }),
    state: 'live',
    grantCount: 0,
  };

  function deployment(change: Partial<DistributionService> = {}) {
    const requests: DistributeRequest[] = [];
    const distribute = (request: DistributeRequest) => {
      requests.push(request);
      return Promise.resolve({ ...view, url: URL, warnings: ['this link is shown once'] });
    };
    return { requests, distributions: { distribute, ...change } };
  }

  test('holds its own hour where nobody says how long, and the text says who signed it and who counts', async () => {
    const { requests, distributions } = deployment();
    const ran = await slipway(['distribute', '--app', 'fieldkit', '--link', 'direct'], { distributions });
    expect(requests).toMatchObject([{ link: 'direct', expiresHours: 1, allowedIps: [] }]);
    expect(ran.exitCode).toBe(0);
    expect(ran.out.split('\n')[0]).toBe(URL);
    expect(ran.out).toContain('link          direct: straight to S3, shown once');
    expect(ran.out).toContain('holds until   2026-03-01 02:00 CET (2026-03-01 01:00 UTC), 1 h 0 min left');
    expect(ran.out).toContain(`signed by     ${SIGNER}`);
    expect(ran.out).toContain('downloads     not counted');
    expect(ran.err).toBe('note: a direct link holds for 1 hour; --link gate holds up to 168\nnote: this link is shown once\n');
  });

  test('in JSON says the same', async () => {
    const { distributions } = deployment();
    const ran = await slipway(['distribute', '--app', 'fieldkit', '--link', 'direct', '--expires-hours', '1', '--json'], { distributions });
    expect(dataOf(ran)).toMatchObject({
      url: URL,
      distribution: { link: 'direct', signedBy: SIGNER, expiresAt: '2026-03-01T01:00:00.000Z' },
    });
    expect(ran.err).toBe('note: this link is shown once\n');
  });

  test('is asked for with what slipway.yaml or the line says, for the deployment to refuse', async () => {
    const { requests, distributions } = deployment();
    writeFileSync(path.join(fixture.homeDirectory, 'slipway.yaml'), 'schema: 1\nname: fieldkit\ndistribute: { expires-hours: 12 }\n');
    await slipway(['distribute', '--link', 'direct'], { distributions });
    await slipway(['distribute', '--link', 'direct', '--expires-hours', '2'], { distributions });
    expect(requests.map(({ expiresHours }) => expiresHours)).toEqual([12, 2]);
  });

  test('that is the newest of all is not shown again, and what to type is', async () => {
    const ran = await slipway(['distribute', '--get-latest', '--app', 'fieldkit'], deployment({ latest: () => Promise.resolve(view) }));
    expect([ran.exitCode, ran.out]).toEqual([3, '']);
    expect(ran.err).toContain(
      "error: the newest link of 'fieldkit' is a direct one, which was shown once, when it was made [no-live-link]",
    );
    expect(ran.err).toContain('hint: run slipway distribute --app fieldkit to make a new one that is kept, or add --link direct');
  });

  test('stands in the list without a number of downloads', async () => {
    const list = () => Promise.resolve([view]);
    expect((await slipway(['distributions'], deployment({ list }))).out).toMatch(/ live +fieldkit 1\.4\.0 +- +2026-03-01 02:00 CET/);
  });

  test('has no table of downloads', async () => {
    const downloads = () => Promise.reject(new SlipwayError('downloads-not-counted', 'not counted', { hint: 'look' }));
    const ran = await slipway(['downloads', '0123456789abcdef'], deployment({ downloads }));
    expect([ran.exitCode, ran.out]).toEqual([2, '']);
  });
});

describe('a list of addresses that got lost in slipway.yaml is not one for everybody:', () => {
  test.each([
    ['a range without its list', 'distribute: { allowed-ips: 203.0.113.0/24 }', 'distribute.allowed-ips'],
    ['an empty value', 'distribute: { allowed-ips: }', 'distribute.allowed-ips'],
    ['another spelling', 'distribute: { allowed_ips: [203.0.113.0/24] }', 'allowed_ips'],
    ['another spelling of the section', 'distribtue: { allowed-ips: [203.0.113.0/24] }', "'distribtue'"],
    ['nothing below the section', 'distribute:', 'distribute'],
    ['a broken line', 'distribute: { allowed-ips: [203.0.113.0/24', 'slipway.yaml'],
    ['hours that are none', 'distribute: { expires-hours: "8", allowed-ips: [] }', 'distribute.expires-hours'],
  ])('%s', async (_, line, told) => {
    await storeBuild(fixture.ports);
    writeFileSync(path.join(fixture.homeDirectory, 'slipway.yaml'), `schema: 1\nname: fieldkit\n${line}\n`);
    for (const args of [['distribute'], ['distribute', '--expires-hours', '1'], ['distribute', '--app', 'fieldkit']]) {
      const ran = await slipway(args);
      expect([ran.exitCode, ran.out]).toEqual([2, '']);
      expect(ran.err).toContain('[recipe-invalid]');
      expect(ran.err).toContain(told);
    }
    expect(await fixture.service.list({ limit: 1 })).toEqual([]);
    // Looking at what there is, another application, and terms that are all typed are nobody's mistake.
    expect((await slipway(['distributions'])).exitCode).toBe(0);
    expect((await slipway(['distribute', '--expires-hours', '1', '--allowed-ips', '10.0.0.1'])).exitCode).toBe(0);
  });

  test('a list of nothing but blanks', async () => {
    await storeBuild(fixture.ports);
    writeFileSync(path.join(fixture.homeDirectory, 'slipway.yaml'), 'schema: 1\nname: fieldkit\ndistribute: { allowed-ips: [" ", ""] }\n');
    expect((await slipway(['distribute'])).err).toContain('[address-range-invalid]');
  });
});

test('distributions and downloads are tables in the zone of the reader', async () => {
  await storeBuild(fixture.ports);
  expect((await slipway(['distributions'])).out).toContain('nothing was handed out yet');
  const view = await distributeView('--app', 'fieldkit', '--max-downloads', '3');
  expect((await slipway(['downloads', view.distribution.distId])).out).toBe('no downloads yet\n');
  const gate = await fixture.start();
  await get(`${gate.url}/d/${view.url?.split('/').at(-1) ?? ''}`, { localAddress: '127.0.0.7' });
  await fixture.eventOf(({ event }) => event === 'transfer');
  expect((await slipway(['distributions'])).out.split('\n')).toEqual([
    expect.stringMatching(/^ID +STATE +APPLICATION +DOWNLOADS +HOLDS UNTIL$/),
    expect.stringMatching(
      /^[0-9a-z]{16} {2}live +fieldkit 1\.4\.0 +1 of 3 +2026-03-03 01:00 CET \(2026-03-03 00:00 UTC\), 48 h 0 min left$/,
    ),
    '',
  ]);
  const downloads = await slipway(['downloads', view.distribution.distId.slice(0, 8)]);
  expect(downloads.out.split('\n')).toEqual([
    expect.stringMatching(/^TIME +UTC +ADDRESS +FILE +OUTCOME +SENT$/),
    '2026-03-01 01:00 CET  2026-03-01 00:00 UTC  127.0.0.7  fieldkit-linux-x86_64.tar.gz  complete  23 B',
    '',
  ]);
  const json = dataOf(await slipway(['downloads', view.distribution.distId, '--json']));
  expect(json).toMatchObject({ downloads: [{ address: '127.0.0.7', grantId: '0000', outcome: 'complete', sentBytes: 23 }] });
  expect(dataOf(await slipway(['distributions', '--json', '--app', 'other']))).toEqual({ distributions: [], problems: [] });
});

test('revoke says what ended', async () => {
  await storeBuild(fixture.ports);
  const view = await distributeView('--app', 'fieldkit');
  const ran = await slipway(['revoke', view.distribution.distId.slice(0, 6)]);
  expect(ran).toMatchObject({ exitCode: 0, out: expect.stringContaining(`revoked ${view.distribution.distId} of fieldkit`) as unknown });
  expect(dataOf(await slipway(['revoke', view.distribution.distId, '--json']))).toMatchObject({ state: 'revoked' });
});

/** Runs serve until it listens, hands out its address, and stops it. */
async function whileServing(
  argv: readonly string[],
  action: (url: string) => Promise<void>,
  stop: (interrupt: AbortController) => void = (interrupt) => interrupt.abort(),
): Promise<Ran> {
  const interrupt = new AbortController();
  const listening = new EventTarget();
  const heard = once(listening as never, 'url') as Promise<[CustomEvent & { url: string }]>;
  const running = slipway(['serve', ...argv], {
    interrupted: interrupt.signal,
    onNote: (text) => {
      const url = /listening.*(http:\/\/[^\s"]+)/.exec(text)?.[1];
      if (url !== undefined) listening.dispatchEvent(Object.assign(new Event('url'), { url }));
    },
  });
  const [{ url }] = await heard;
  await action(url);
  stop(interrupt);
  return running;
}

test('serve says where it listens and what it decides, and ends cleanly', async () => {
  await storeBuild(fixture.ports);
  const ran = await whileServing(['--port', '0'], async (url) => {
    const view = await distributeView('--app', 'fieldkit', '--allowed-ips', '127.0.0.1');
    expect(view.url?.startsWith(`${url}/d/`)).toBe(true);
    expect((await get(view.url ?? '')).status).toBe(200);
    expect((await get(view.url ?? '', { localAddress: '127.0.0.2' })).status).toBe(403);
  });
  expect([ran.exitCode, ran.out]).toEqual([0, '']);
  expect(ran.err).toMatch(/^gate listening at http:\/\/127\.0\.0\.1:\d+\n/);
  expect(ran.err).toMatch(/127\.0\.0\.1 GET 200 granted [0-9a-z]{16} fieldkit-linux-x86_64\.tar\.gz ref=[0-9a-z]{10}\n/);
  expect(ran.err).toMatch(/127\.0\.0\.2 GET 403 address-not-allowed [0-9a-z]{16} fieldkit-linux-x86_64\.tar\.gz ref=/);
});

test('serve with --json logs one object a line', async () => {
  const ran = await whileServing(['--port', '0', '--json'], async (url) => {
    expect((await get(`${url}/d/${'A'.repeat(32)}`)).status).toBe(404);
  });
  const lines = ran.err
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['listening', 'unknown']);
  expect(dataOf(ran)).toEqual({ url: expect.stringMatching(/^http:/) as unknown });
});

test('serve ends as cleanly when the system asks the process to end', async () => {
  const before = process.listenerCount('SIGTERM');
  const ran = await whileServing(
    ['--port', '0'],
    () => Promise.resolve(),
    () => void process.emit('SIGTERM'),
  );
  expect(ran.exitCode).toBe(0);
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

test('a port in use ends with a code of its own', async () => {
  const gate = await fixture.start();
  const ran = await slipway(['serve', '--port', new URL(gate.url).port]);
  expect(ran.exitCode).toBe(4);
  expect(ran.err).toContain('[port-in-use]');
  expect(ran.err).toContain('hint: run slipway serve --port');
});
