import { Readable } from 'node:stream';
import { BuildManifestSchema } from '../../../../core/build/build-manifest';
import type { BuildRecord } from '../../../../core/build/build-record';
import { distribute, type DistributePorts } from '../../../../core/distribution/hand-out/distribute';
import { distributeDirectly, type DistributeDirectlyPorts } from '../../../../core/distribution/hand-out/distribute-directly';
import { DistributionSchema, mainFiles, type Distribution } from '../../../../core/distribution/distribution';
import { readDistributionPointer } from '../../../../core/distribution/distribution-pointer';
import type { DistributeRequest } from '../../../../core/distribution/distribution-service';
import { latestDistribution, latestWarnings } from '../../../../core/distribution/latest-distribution';
import { listDistributions } from '../../../../core/distribution/list-distributions';
import { listDownloads } from '../../../../core/distribution/grants/list-downloads';
import { recentGrant, recordGrant } from '../../../../core/distribution/grants/record-grant';
import { revoke } from '../../../../core/distribution/end/revoke';
import { SlipwayError } from '../../../../core/slipway-error';
import { storageKey } from '../../../../core/storage-key';
import { sweepDistributions } from '../../../../core/distribution/end/sweep-distributions';
import { createMemoryArtifactStore } from '../../../fakes/artifact-store-memory';
import { sha256Of, storeBuild } from '../../../fakes/distributions';
import { createMemoryLedger } from '../../../fakes/ledger-memory';
import { createMemoryLinkTokens } from '../../../fakes/link-tokens-memory';
import { createManualClock, createSeededRandomness } from '../../../fakes/manual-clock';

const ARCHIVE = 'fieldkit-linux-x86_64.tar.gz';

function world(change: Partial<DistributePorts> = {}) {
  const ledger = createMemoryLedger();
  const store = createMemoryArtifactStore();
  const tokens = createMemoryLinkTokens();
  const clock = createManualClock('2026-03-01T00:00:00Z');
  const ports: DistributePorts = {
    ledger,
    store,
    tokens,
    clock,
    randomness: createSeededRandomness(),
    findBuild: async (reference) => (await ledger.read(storageKey.buildRecord(reference)))?.body as BuildRecord,
    readFile: (path) => {
      const content = Buffer.from(`content of ${path}`);
      return Promise.resolve({
        file: path.split('/').at(-1) ?? '',
        sizeBytes: content.length,
        sha256: sha256Of(content),
        secretsFound: path.includes('leaky') ? [{ kind: 'aws-access-key', file: 'leaky.bin', offset: 1, preview: 'AKIA…' }] : [],
        open: () => Readable.from([content]),
      });
    },
    streamOf: (bytes) => Readable.from([bytes]),
    ownAddresses: () => Promise.resolve(['127.0.0.1', '::1', '192.168.7.9']),
    rangeRule: 'any',
    linkKinds: ['gate'],
    ...change,
  };
  return { ledger, store, tokens, clock, ports };
}

/** Signs as the session of a role does: to the whole second, and no longer than the credentials hold. */
function signing(clock: { nowMs(): number }, credentialsEndAt = Infinity) {
  const asked: Parameters<DistributeDirectlyPorts['sign']>[0][] = [];
  const sign: DistributeDirectlyPorts['sign'] = (link) => {
    asked.push(link);
    const endsAtMs = Math.min(Math.floor(clock.nowMs() / 1000 + link.expiresInSeconds) * 1000, credentialsEndAt);
    return Promise.resolve({
      url: `https://artifacts.example/${link.key}?versionId=${link.versionId}&X-Amz-Signature=0123abcd`,
      expiresAt: new Date(endsAtMs).toISOString(),
      signedBy: 'arn:aws:sts::111122223333:assumed-role/link/slipway-x',
    });
  };
  return { asked, sign };
}

const request = (change: Partial<DistributeRequest> = {}): DistributeRequest => ({
  from: { build: 'b0000000000000aa' },
  expiresHours: 48,
  allowedIps: [],
  link: 'gate',
  allowSecrets: [],
  ...change,
});

test('what is in a package and where it comes from goes with it: listed, copied, never what one comes for', async () => {
  const { ports, store } = world();
  await storeBuild(ports, { jobs: { 'linux-x86_64': 'succeeded', 'windows-x86_64': 'succeeded' }, hasDocuments: true });
  const { distribution } = await distribute(ports, request({ platforms: ['linux-x86_64'] }));
  expect(DistributionSchema.parse(distribution)).toEqual(distribution);
  expect(distribution.files.map((file) => [file.file, file.kind, file.platform])).toEqual([
    [ARCHIVE, 'archive', 'linux-x86_64'],
    ['fieldkit-linux-x86_64.cdx.json', 'sbom', 'linux-x86_64'],
    ['fieldkit-linux-x86_64.provenance.json', 'provenance', 'linux-x86_64'],
    [`${ARCHIVE}.sha256`, 'checksum', 'linux-x86_64'],
    ['SHA256SUMS', 'checksums', undefined],
    ['manifest.json', 'manifest', undefined],
  ]);
  expect(mainFiles(distribution).map(({ file }) => file)).toEqual([ARCHIVE]);
  const textOf = (file: string) => store.contents.get(storageKey.distributionFile(distribution.distId, file))?.toString() ?? '';
  expect(textOf('fieldkit-linux-x86_64.cdx.json')).toBe('sbom of linux-x86_64');
  expect(textOf('SHA256SUMS').split('\n').slice(0, -1)).toEqual([
    `${sha256Of('archive of linux-x86_64')}  ${ARCHIVE}`,
    `${sha256Of('sbom of linux-x86_64')}  fieldkit-linux-x86_64.cdx.json`,
    `${sha256Of('provenance of linux-x86_64')}  fieldkit-linux-x86_64.provenance.json`,
  ]);
  expect(BuildManifestSchema.parse(JSON.parse(textOf('manifest.json'))).artifacts.map(({ kind }) => kind)).toEqual([
    'archive',
    'sbom',
    'provenance',
  ]);
});

test('a direct link leads to the archive, whatever documents go with it elsewhere', async () => {
  const { ports, clock } = world();
  await storeBuild(ports, { hasDocuments: true });
  const { sign } = signing(clock);
  const { distribution } = await distributeDirectly(
    { ...ports, sign, linkKinds: ['gate', 'direct'] },
    request({ link: 'direct', expiresHours: 1 }),
  );
  expect(distribution.files.map(({ file }) => file)).toEqual([ARCHIVE]);
});

test('a build is handed out with its own copies, checksums and manifest', async () => {
  const { ports, ledger, store } = world();
  const record = await storeBuild(ports);
  const { distribution, token } = await distribute(
    ports,
    request({ allowedIps: ['10.0.0.128/25', '10.0.0.0/25', ' me '], maxDownloads: 5 }),
  );
  expect(DistributionSchema.parse(distribution)).toEqual(distribution);
  expect(distribution).toMatchObject({
    name: 'fieldkit',
    version: '1.4.0',
    buildId: record.buildId,
    createdAt: '2026-03-01T00:00:00.000Z',
    expiresAt: '2026-03-03T00:00:00.000Z',
    allowedRanges: ['10.0.0.0/24', '127.0.0.1/32', '192.168.7.9/32', '::1/128'],
    maxDownloads: 5,
  });
  expect(distribution.files.map((file) => [file.file, file.kind])).toEqual([
    [ARCHIVE, 'archive'],
    [`${ARCHIVE}.sha256`, 'checksum'],
    ['SHA256SUMS', 'checksums'],
    ['manifest.json', 'manifest'],
  ]);
  for (const file of distribution.files) {
    const copy = store.contents.get(storageKey.distributionFile(distribution.distId, file.file));
    expect(copy && sha256Of(copy)).toBe(file.sha256);
    expect(copy?.length).toBe(file.sizeBytes);
  }
  const sums = store.contents.get(storageKey.distributionFile(distribution.distId, 'SHA256SUMS'))?.toString();
  expect(sums).toBe(`${sha256Of('archive of linux-x86_64')}  ${ARCHIVE}\n`);
  const manifest = store.contents.get(storageKey.distributionFile(distribution.distId, 'manifest.json'))?.toString() ?? '';
  expect(BuildManifestSchema.parse(JSON.parse(manifest)).artifacts).toHaveLength(1);
  expect(ledger.documents.get(storageKey.link(token))?.body).toEqual({ schemaVersion: 1, distId: distribution.distId });
  expect(await latestDistribution(ports, 'fieldkit')).toEqual({ distribution, token });
});

test('the token stands in no record and no key', async () => {
  const { ports, ledger } = world();
  await storeBuild(ports);
  const { token } = await distribute(ports, request());
  expect(JSON.stringify([...ledger.documents])).not.toContain(token);
});

test('one platform of a build, with the manifest cut down to it', async () => {
  const { ports, store } = world();
  await storeBuild(ports, { jobs: { 'linux-x86_64': 'succeeded', 'windows-x86_64': 'succeeded' } });
  const all = await distribute(ports, request());
  expect(all.distribution.files.filter((file) => file.kind === 'archive')).toHaveLength(2);
  const { distribution } = await distribute(ports, request({ platforms: ['windows-x86_64'] }));
  expect(distribution.files.map((file) => file.file)).toEqual([
    'fieldkit-windows-x86_64.tar.gz',
    'fieldkit-windows-x86_64.tar.gz.sha256',
    'SHA256SUMS',
    'manifest.json',
  ]);
  const text = store.contents.get(storageKey.distributionFile(distribution.distId, 'manifest.json'))?.toString() ?? '';
  expect(Object.keys(BuildManifestSchema.parse(JSON.parse(text)).platforms)).toEqual(['windows-x86_64']);
});

test('a file of this machine is handed out as it is', async () => {
  const { ports, store } = world();
  const { distribution } = await distribute(
    ports,
    request({ from: { path: '/work/kit.bin', name: 'fieldkit', version: '2.0' }, title: 'Field Kit' }),
  );
  expect(distribution).toMatchObject({ name: 'fieldkit', version: '2.0', title: 'Field Kit' });
  expect(distribution.buildId).toBeUndefined();
  expect(distribution.files[0]).toMatchObject({ file: 'kit.bin', kind: 'file', sha256: sha256Of('content of /work/kit.bin') });
  expect(store.contents.get(storageKey.distributionFile(distribution.distId, 'kit.bin'))?.toString()).toBe('content of /work/kit.bin');
});

test.each<[string, Parameters<typeof storeBuild>[1], Partial<DistributeRequest>, string, string]>([
  ['a job that failed', { jobs: { 'linux-x86_64': 'failed' } }, {}, 'job-not-succeeded', "linux-x86_64 is 'failed'"],
  ['a job that runs', { jobs: { 'linux-x86_64': 'running' } }, {}, 'job-not-succeeded', "linux-x86_64 is 'running'"],
  [
    'one job of two that failed',
    { jobs: { 'linux-x86_64': 'succeeded', 'windows-x86_64': 'timed-out' } },
    {},
    'job-not-succeeded',
    "windows-x86_64 is 'timed-out'",
  ],
  [
    'a job that succeeded while another runs',
    { jobs: { 'linux-x86_64': 'succeeded', 'windows-x86_64': 'running' } },
    { platforms: ['linux-x86_64'] },
    'build-open',
    'still runs',
  ],
  ['a platform without a job', {}, { platforms: ['macos-arm64'] }, 'platform-not-in-build', "'macos-arm64'"],
  ['a job without a package', { withoutArtifacts: true }, {}, 'no-artifacts', "'linux-x86_64'"],
  ['content with secrets', { secretsIn: ['lib/config.py'] }, {}, 'secrets-found', "aws-access-key in 'lib/config.py'"],
  ['content with another secret', { secretsIn: ['a.py', 'b.py'] }, { allowSecrets: ['a.py'] }, 'secrets-found', "in 'b.py'"],
  ['secrets in a plain file', {}, { from: { path: '/x/leaky.bin', name: 'k' } }, 'secrets-found', "'leaky.bin'"],
  [
    'a name that cannot be one everywhere',
    {},
    { from: { path: '/x/field kit.zip', name: 'k' } },
    'path-not-distributable',
    "'field kit.zip'",
  ],
  ['a name that the manifest has', {}, { from: { path: '/x/manifest.json', name: 'k' } }, 'path-not-distributable', "'manifest.json'"],
  ['no hours', {}, { expiresHours: 0 }, 'expiry-out-of-range', "'0' hours"],
  ['too many hours', {}, { expiresHours: 169 }, 'expiry-out-of-range', "'169' hours"],
  ['half an hour', {}, { expiresHours: 1.5 }, 'expiry-out-of-range', "'1.5' hours"],
  ['no downloads', {}, { maxDownloads: 0 }, 'max-downloads-out-of-range', "'0' downloads"],
  ['too many downloads', {}, { maxDownloads: 10_001 }, 'max-downloads-out-of-range', "'10001' downloads"],
  ['a direct link', {}, { link: 'direct' }, 'link-kind-unavailable', "no 'direct' links"],
  ['a list that names nobody', {}, { allowedIps: ['', ' '] }, 'address-range-invalid', 'names nobody'],
  ['a range with host bits', {}, { allowedIps: ['10.0.0.1/8'] }, 'address-range-invalid', "'10.0.0.1/8'"],
])('%s is refused and nothing is stored', async (_what, build, change, code, message) => {
  const { ports, ledger, store } = world();
  await storeBuild(ports, build);
  const before = [[...ledger.documents.keys()], [...store.contents.keys()]];
  await expect(distribute(ports, request(change))).rejects.toMatchObject({ code, message: expect.stringContaining(message) as unknown });
  expect([[...ledger.documents.keys()], [...store.contents.keys()]]).toEqual(before);
});

test('a direct link names the kind that holds', async () => {
  const { ports } = world();
  await expect(distribute(ports, request({ link: 'direct' }))).rejects.toMatchObject({
    hint: expect.stringContaining('--link gate') as unknown,
  });
});

test('what succeeded of a build is handed out when it is named, and found secrets when they are allowed', async () => {
  const { ports } = world();
  await storeBuild(ports, { jobs: { 'linux-x86_64': 'succeeded', 'windows-x86_64': 'failed' }, secretsIn: ['a.py'] });
  const { distribution } = await distribute(ports, request({ platforms: ['linux-x86_64'], allowSecrets: ['a.py'] }));
  expect(distribution.files[0]?.file).toBe(ARCHIVE);
});

test('a target on the internet refuses the addresses of a LAN', async () => {
  const { ports } = world({ rangeRule: 'public' });
  await storeBuild(ports);
  await expect(distribute(ports, request({ allowedIps: ['192.168.0.0/16'] }))).rejects.toMatchObject({ code: 'address-range-refused' });
});

test('an archive that is no longer what was recorded is not handed out', async () => {
  const { ports, store } = world();
  await storeBuild(ports);
  await store.put(storageKey.buildFile('b0000000000000aa', 'linux-x86_64', ARCHIVE), () => Readable.from([Buffer.from('other')]), {});
  await expect(distribute(ports, request())).rejects.toThrow();
  expect(await readDistributionPointer(ports.ledger, 'fieldkit')).toBeUndefined();
  expect([...store.contents.keys()].filter((key) => key.startsWith('distributions/'))).toEqual([]);
});

/** The ports with the `failing`th of their calls failing once. */
function faultyPorts<Ports extends DistributePorts>(ports: Ports, failing: number) {
  const counter = { calls: 0 };
  const counted = <T extends object>(port: T, methods: readonly (keyof T)[]): T =>
    new Proxy(port, {
      get(target, name: string) {
        const method = Reflect.get(target, name) as unknown;
        if (!methods.includes(name as keyof T) || typeof method !== 'function') return method;
        return (...args: unknown[]) => {
          counter.calls += 1;
          if (counter.calls === failing) return Promise.reject(new SlipwayError('disk-full', 'the disk is full'));
          return Reflect.apply(method, target, args) as unknown;
        };
      },
    });
  const faulty: Ports = {
    ...counted(ports, ['findBuild', 'readFile', 'measure', 'sign', 'ownAddresses'] as never),
    ledger: counted(ports.ledger, ['read', 'create', 'replace']),
    store: counted(ports.store, ['put', 'copy']),
    tokens: counted(ports.tokens, ['write', 'forget']),
  };
  return { counter, faulty };
}

/** Every call of a port in turn fails once: nothing that stood before is lost, and nothing half made is left. */
describe.each(['gate', 'direct'] as const)('a failure at any call for a %s link', (link) => {
  test.each<[string, DistributeRequest['from']]>([
    ['a build', { build: 'b0000000000000aa' }],
    ['a file', { path: '/x/tool.bin', name: 'fieldkit' }],
  ])('of %s ends in an error and leaves the previous link the latest', async (_, from) => {
    const asked = request({ from, allowedIps: ['me', '203.0.113.0/24'], link, expiresHours: 1 });
    const outcomes: string[] = [];
    for (let failing = 1; ; failing++) {
      const { ports, clock, store, ledger } = world({ linkKinds: ['gate', 'direct'] });
      await storeBuild(ports);
      const previous = await distribute(ports, request());
      const before = { keys: [...ledger.documents.keys()], files: [...store.contents.keys()] };
      clock.advance(1_000);
      const { counter, faulty } = faultyPorts({ ...ports, ...signing(clock), measure: () => Promise.resolve() }, failing);
      const making = link === 'gate' ? distribute(faulty, asked) : distributeDirectly(faulty, asked);
      const made = await making.catch((thrown: unknown) => thrown);
      if (counter.calls < failing) break; // Every call was tried.
      const latest = await latestDistribution(ports, 'fieldkit');
      outcomes.push(made instanceof Error ? 'error' : 'made');
      if (made instanceof Error) {
        expect(made).toMatchObject({ code: 'disk-full' });
        expect(latest).toEqual({ distribution: previous.distribution, token: previous.token });
        expect({ keys: [...ledger.documents.keys()], files: [...store.contents.keys()] }).toEqual(before);
      } else {
        expect(made).toMatchObject({
          distribution: latest.distribution,
          warnings: [expect.stringContaining('could not be removed')],
        });
      }
    }
    // Of a gate link that stands, the token that it replaced may stay: it is told, and the link holds.
    expect(outcomes.filter((outcome) => outcome === 'made')).toHaveLength(link === 'gate' ? 1 : 0);
    expect(outcomes.length).toBeGreaterThan(link === 'gate' ? 13 : 8);
  });
});

test.each(['gate', 'direct'] as const)('what could not be undone of a %s link is named', async (link) => {
  const { ports, clock, store } = world({ linkKinds: ['gate', 'direct'] });
  await storeBuild(ports);
  const remove = () => Promise.reject(new SlipwayError('store-busy', 'the copies stay'));
  const create: DistributePorts['ledger']['create'] = (key, body) =>
    key.startsWith('pointers/') ? Promise.reject(new SlipwayError('disk-full', 'the disk is full')) : ports.ledger.create(key, body);
  const faulty = { ...ports, ...signing(clock), store: { ...store, remove }, ledger: { ...ports.ledger, create } };
  const asked = request({ link, expiresHours: 1 });
  await expect(link === 'gate' ? distribute(faulty, asked) : distributeDirectly(faulty, asked)).rejects.toMatchObject({
    code: 'disk-full',
    details: { leftovers: ['the copies stay'] },
  });
  expect((await store.list('distributions/')).length).toBeGreaterThan(0);
  // When the link would be over the sweep comes to them.
  clock.advance(2 * 3_600_000 + 1);
  expect(await sweepDistributions(ports)).toHaveLength(1);
  expect(await store.list('distributions/')).toEqual([]);
});

test('of links made at once the latest created is the newest, and each has its own', async () => {
  const { ports, clock, tokens } = world();
  await storeBuild(ports);
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, i) => {
      const at = clock.nowMs() + ((i * 7) % 20);
      return distribute({ ...ports, clock: { ...clock, nowMs: () => at } }, request());
    }),
  );
  const newest = [...made].sort((a, b) => Date.parse(b.distribution.createdAt) - Date.parse(a.distribution.createdAt))[0];
  expect(new Set(made.map((link) => link.token)).size).toBe(20);
  expect(await latestDistribution(ports, 'fieldkit')).toEqual({ distribution: newest?.distribution, token: newest?.token });
  expect(tokens.kept('fieldkit')).toEqual([newest?.distribution.distId]);
});

test('a link that was made when a newer one stood does not take its place, and says so', async () => {
  const { ports, clock } = world();
  await storeBuild(ports);
  const newer = await distribute(ports, request());
  clock.advance(-5_000);
  const older = await distribute(ports, request());
  expect(older.warnings).toEqual([expect.stringContaining('a newer link')]);
  expect((await latestDistribution(ports, 'fieldkit')).token).toBe(newer.token);
});

test('revoking ends a link, deletes its copies, and may be repeated', async () => {
  const { ports, clock, store } = world();
  await storeBuild(ports);
  const { distribution } = await distribute(ports, request());
  clock.advance(60_000);
  const revoked = await revoke(ports, distribution.distId.slice(0, 5).toUpperCase());
  expect(revoked.revokedAt).toBe('2026-03-01T00:01:00.000Z');
  expect([...store.contents.keys()].filter((key) => key.startsWith('distributions/'))).toEqual([]);
  expect(store.contents.has(storageKey.buildFile('b0000000000000aa', 'linux-x86_64', ARCHIVE))).toBe(true);
  clock.advance(60_000);
  expect(await revoke(ports, distribution.distId)).toEqual(revoked);
  expect(await listDistributions(ports, { limit: 10 })).toEqual([{ distribution: revoked, state: 'revoked', grantCount: 0 }]);
});

test('a revoke that was cut short is finished by the next', async () => {
  const { ports, store } = world();
  await storeBuild(ports);
  const { distribution } = await distribute(ports, request());
  const broken = { ...store, remove: () => Promise.reject(new SlipwayError('io-failed', 'no')) };
  await expect(revoke({ ...ports, store: broken }, distribution.distId)).rejects.toMatchObject({ code: 'io-failed' });
  expect((await listDistributions(ports, { limit: 1 }))[0]?.state).toBe('revoked');
  await revoke(ports, distribution.distId);
  expect([...store.contents.keys()].filter((key) => key.startsWith('distributions/'))).toEqual([]);
});

test.each([
  ['zzzzzzzz', 'distribution-not-found'],
  ['ab', 'distribution-not-found'],
  ['../x', 'distribution-not-found'],
])('%s leads to no distribution', async (reference, code) => {
  const { ports } = world();
  await expect(revoke(ports, reference)).rejects.toMatchObject({ code });
});

test('a start that several ids have is refused', async () => {
  const { ports, ledger } = world();
  await storeBuild(ports);
  const { distribution } = await distribute(ports, request());
  const twin: Distribution = { ...distribution, distId: `${distribution.distId.slice(0, 8)}00000000` };
  await ledger.create(storageKey.distributionRecord(twin.distId), twin);
  await expect(revoke(ports, distribution.distId.slice(0, 6))).rejects.toMatchObject({ code: 'distribution-ambiguous' });
  expect((await revoke(ports, twin.distId)).distId).toBe(twin.distId);
});

test('lists are newest first, by application, with how each stands', async () => {
  const { ports, clock } = world();
  await storeBuild(ports);
  await distribute(ports, request({ expiresHours: 1 }));
  clock.advance(3_600_000);
  await distribute(ports, request());
  clock.advance(1);
  await distribute(ports, request({ from: { path: '/x/tool.bin', name: 'other' } }));
  const list = await listDistributions(ports, { limit: 10 });
  expect(list.map((view) => [view.distribution.name, view.state])).toEqual([
    ['other', 'live'],
    ['fieldkit', 'live'],
    ['fieldkit', 'expired'],
  ]);
  expect(await listDistributions(ports, { limit: 1, name: 'fieldkit' })).toHaveLength(1);
});

test('copies of what is over are swept an hour later, records stay', async () => {
  const { ports, clock, store, ledger } = world();
  await storeBuild(ports);
  const { distribution } = await distribute(ports, request({ expiresHours: 1 }));
  const live = await distribute(ports, request({ expiresHours: 168 }));
  clock.advance(2 * 3_600_000);
  expect(await sweepDistributions(ports)).toEqual([]);
  clock.advance(1);
  expect(await sweepDistributions(ports)).toEqual([distribution.distId]);
  expect(await sweepDistributions(ports)).toEqual([]);
  expect(new Set([...store.contents.keys()].filter((key) => key.startsWith('distributions/')).map((key) => key.split('/')[1]))).toEqual(
    new Set([live.distribution.distId]),
  );
  expect(ledger.documents.has(storageKey.distributionRecord(distribution.distId))).toBe(true);
});

test('a record of another shape is named with its place', async () => {
  const { ports, ledger } = world();
  await ledger.create(storageKey.distributionRecord('0000000000000000'), { schemaVersion: 9 });
  await expect(listDistributions(ports, { limit: 1 })).rejects.toMatchObject({
    code: 'record-corrupt',
    message: expect.stringContaining('records/distributions/0000000000000000.json') as unknown,
  });
});

test('one damaged record hides no other, and the list says which it is', async () => {
  const { ports, ledger } = world();
  await storeBuild(ports);
  const { distribution } = await distribute(ports, request());
  await ledger.create(storageKey.distributionRecord('0000000000000000'), { schemaVersion: 9 });
  const problems: SlipwayError[] = [];
  const listed = await listDistributions(ports, { limit: 5, onProblem: (problem) => problems.push(problem) });
  expect(listed.map((each) => each.distribution.distId)).toEqual([distribution.distId]);
  expect(problems).toMatchObject([{ code: 'record-corrupt' }]);
});

test('one damaged grant hides no other', async () => {
  const { ports, ledger } = world();
  await storeBuild(ports);
  const { distribution } = await distribute(ports, request());
  const grant = await recordGrant(ports, distribution, { file: ARCHIVE, address: '192.0.2.7' });
  await ledger.create(storageKey.grant(distribution.distId, 'ffffffff-ffff-7fff-bfff-ffffffffffff'), { schemaVersion: 1 });
  const problems: SlipwayError[] = [];
  const listed = await listDownloads({ ledger, gateHandsOut: 'bytes' }, distribution.distId, (problem) => problems.push(problem));
  expect(listed).toEqual([{ ...grant, outcome: 'started' }]);
  expect(problems).toMatchObject([{ code: 'record-corrupt' }]);
  // A download that broke off goes on all the same.
  const caller = { file: ARCHIVE, address: '192.0.2.7' };
  expect(await recentGrant(ledger, distribution.distId, caller, ports.clock.nowMs())).toEqual(grant);
});

test.each([
  ['damaged', { schemaVersion: 1, distributio: {} }],
  ['of a distribution that is gone', { schemaVersion: 1, distribution: { distId: '0000000000000000', createdAt: '2026-03-01T00:00:00Z' } }],
])('where the pointer is %s the newest record is the latest, and the next link mends it', async (_, body) => {
  const { ports, ledger, clock } = world();
  await storeBuild(ports);
  await distribute(ports, request());
  clock.advance(1_000);
  const { distribution, token } = await distribute(ports, request());
  const key = storageKey.distributionPointer('fieldkit');
  await ledger.remove(key);
  await ledger.create(key, body);
  expect(await latestDistribution(ports, 'fieldkit')).toEqual({ distribution, token });
  clock.advance(1_000);
  const next = await distribute(ports, request());
  expect((await readDistributionPointer(ledger, 'fieldkit'))?.distId).toBe(next.distribution.distId);
});

test('an application without a link says how to make one', async () => {
  const { ports } = world();
  await expect(latestDistribution(ports, 'fieldkit')).rejects.toMatchObject({
    code: 'distribution-not-found',
    hint: expect.stringContaining('slipway distribute --app fieldkit') as unknown,
  });
});

test('a sweep reads the index no further than the clock, and comes to what a revoke could not delete', async () => {
  const { ports, ledger, store, clock } = world();
  await storeBuild({ ledger, store });
  const first = await distribute(ports, request({ expiresHours: 1 }));
  const second = await distribute(ports, request({ expiresHours: 168 }));
  const stuck = { ...store, remove: () => Promise.reject(new SlipwayError('store-busy', 'not now')) };
  await expect(revoke({ ...ports, store: stuck }, second.distribution.distId)).rejects.toMatchObject({ code: 'store-busy' });
  const read: string[] = [];
  const watched = { ...ledger, read: (key: string) => (read.push(key), ledger.read(key)) };
  clock.advance(1);
  expect(await sweepDistributions({ ...ports, ledger: watched })).toEqual([second.distribution.distId]);
  expect(read).toEqual([]);
  expect((await store.list(storageKey.distributionPrefix(first.distribution.distId))).length).toBeGreaterThan(0);
});

describe('a direct link', () => {
  async function handedOut(
    change: Partial<DistributeRequest> = {},
    build: Parameters<typeof storeBuild>[1] = {},
    credentialsEndAt?: number,
  ) {
    const made = world({ linkKinds: ['gate', 'direct'], rangeRule: 'public' });
    await storeBuild(made.ports, build);
    const signed = signing(made.clock, credentialsEndAt);
    const measured: unknown[] = [];
    const measure: DistributePorts['measure'] = (audience, key) => Promise.resolve(void measured.push([audience, key]));
    const directly = (again: Partial<DistributeRequest> = {}) =>
      distributeDirectly({ ...made.ports, sign: signed.sign, measure }, request({ link: 'direct', expiresHours: 1, ...change, ...again }));
    return { ...made, asked: signed.asked, measured, directly };
  }

  test('leads to the one file, says who signed it and until when it holds, and is kept nowhere', async () => {
    const { directly, asked, measured, ledger, store, tokens } = await handedOut({ allowedIps: ['203.0.113.0/24'] });
    const { distribution, url, warnings } = await directly();
    expect(DistributionSchema.parse(distribution)).toEqual(distribution);
    const key = storageKey.distributionFile(distribution.distId, ARCHIVE);
    const [file] = distribution.files;
    expect(distribution).toMatchObject({
      link: 'direct',
      signedBy: 'arn:aws:sts::111122223333:assumed-role/link/slipway-x',
      expiresAt: '2026-03-01T01:00:00.000Z',
      allowedRanges: ['203.0.113.0/24'],
      files: [{ file: ARCHIVE, sha256: sha256Of('archive of linux-x86_64') }],
    });
    expect(asked).toEqual([{ key, versionId: file?.versionId, file: ARCHIVE, audience: ['203.0.113.0/24'], expiresInSeconds: 3600 }]);
    expect(measured).toEqual([[['203.0.113.0/24'], key]]);
    expect(url).toContain(key);
    expect(warnings).toEqual([expect.stringContaining('IPv4'), expect.stringContaining('shown once')]);
    // What lies beside it, no such link leads to.
    expect([...store.contents.keys()].filter((each) => each.startsWith('distributions/'))).toEqual([key]);
    expect([...ledger.documents.keys()].filter((each) => each.startsWith('links/'))).toEqual([]);
    expect(tokens.kept('fieldkit')).toEqual([]);
    expect(JSON.stringify([...ledger.documents])).not.toContain('X-Amz-Signature');
  });

  test('for everybody is asked for by name', async () => {
    const { directly, asked } = await handedOut();
    await directly();
    expect(asked[0]?.audience).toBe('everybody');
  });

  test('holds no longer than the credentials that signed it, and the record says so', async () => {
    const { directly, ledger } = await handedOut({}, {}, Date.parse('2026-03-01T00:40:00Z'));
    const { distribution } = await directly();
    expect(distribution.expiresAt).toBe('2026-03-01T00:40:00.000Z');
    expect(ledger.documents.get(storageKey.distributionRecord(distribution.distId))?.body).toEqual(distribution);
  });

  test('what copying takes is no time of the link', async () => {
    const { ports, clock, store } = await handedOut();
    const { sign, asked } = signing(clock);
    const slowly: typeof store = {
      ...store,
      copy(...args) {
        clock.advance(90_500);
        return store.copy(...args);
      },
    };
    const { distribution } = await distributeDirectly({ ...ports, store: slowly, sign }, request({ link: 'direct', expiresHours: 1 }));
    expect(asked[0]?.expiresInSeconds).toBe(3509);
    expect(Date.parse(distribution.expiresAt)).toBeLessThanOrEqual(Date.parse('2026-03-01T01:00:00Z'));
    expect(Date.parse(distribution.expiresAt)).toBeGreaterThan(Date.parse('2026-03-01T00:59:58Z'));
  });

  test('that took its whole hour to copy is none, and nothing is left of it', async () => {
    const { ports, clock, store, ledger } = await handedOut();
    const before = ledger.documents.size;
    const copy: typeof store.copy = (...args) => {
      clock.advance(3_600_000);
      return store.copy(...args);
    };
    const making = distributeDirectly(
      { ...ports, store: { ...store, copy }, ...signing(clock) },
      request({ link: 'direct', expiresHours: 1 }),
    );
    await expect(making).rejects.toMatchObject({ code: 'service-unavailable' });
    expect([ledger.documents.size, await store.list('distributions/')]).toEqual([before, []]);
  });

  const TWO: Parameters<typeof storeBuild>[1] = { jobs: { 'linux-x86_64': 'succeeded', 'windows-x86_64': 'succeeded' } };

  test.each<[string, Partial<DistributeRequest>, Parameters<typeof storeBuild>[1], object]>([
    [
      'two hours',
      { expiresHours: 2 },
      {},
      {
        code: 'direct-link-too-long',
        message: expect.stringContaining("'2' hours") as string,
        hint: expect.stringMatching(/--link gate.* 168 hours.*--expires-hours 1/) as string,
        details: { askedHours: 2, mostHours: 1, otherLink: 'gate', mostHoursOfOther: 168 },
      },
    ],
    ['a week and an hour', { expiresHours: 169 }, {}, { code: 'expiry-out-of-range' }],
    [
      'a count',
      { maxDownloads: 3 },
      {},
      { code: 'downloads-not-counted', hint: expect.stringContaining('--link gate') as string, details: { otherLink: 'gate' } },
    ],
    ['a count that is none', { maxDownloads: 0 }, {}, { code: 'max-downloads-out-of-range' }],
    [
      'two archives',
      {},
      TWO,
      {
        code: 'direct-link-one-file',
        hint: expect.stringMatching(/--platform linux-x86_64 or --platform windows-x86_64, or use --link gate/) as string,
        details: { platforms: ['linux-x86_64', 'windows-x86_64'], otherLink: 'gate' },
      },
    ],
    ['a job that failed', {}, { jobs: { 'linux-x86_64': 'failed' } }, { code: 'job-not-succeeded' }],
    ['a platform without a job', { platforms: ['macos-arm64'] }, {}, { code: 'platform-not-in-build' }],
    ['a job without a package', {}, { withoutArtifacts: true }, { code: 'no-artifacts' }],
    ['content with secrets', {}, { secretsIn: ['lib/config.py'] }, { code: 'secrets-found' }],
    ['secrets in a plain file', { from: { path: '/x/leaky.bin', name: 'k' } }, {}, { code: 'secrets-found' }],
    ['a private range', { allowedIps: ['10.0.0.0/8'] }, {}, { code: 'address-range-refused' }],
    ['a list that names nobody', { allowedIps: [' '] }, {}, { code: 'address-range-invalid' }],
  ])('with %s is refused, before anything is measured, copied or signed', async (_, change, build, error) => {
    const { directly, asked, measured, ledger, store } = await handedOut(change, build);
    const before = [[...ledger.documents.keys()], [...store.contents.keys()]];
    await expect(directly()).rejects.toMatchObject(error);
    expect([[...ledger.documents.keys()], [...store.contents.keys()]]).toEqual(before);
    expect([asked, measured]).toEqual([[], []]);
  });

  test('of one platform of two leads to that one', async () => {
    const { directly } = await handedOut({ platforms: ['windows-x86_64'] }, TWO);
    expect((await directly()).distribution.files.map(({ file }) => file)).toEqual(['fieldkit-windows-x86_64.tar.gz']);
  });

  test('is not the way of the other kind', async () => {
    const { ports, clock } = await handedOut();
    await expect(distribute(ports, request({ link: 'direct', expiresHours: 1 }))).rejects.toMatchObject({ code: 'internal' });
    await expect(distributeDirectly({ ...ports, ...signing(clock) }, request())).rejects.toMatchObject({ code: 'internal' });
  });

  test('leaves the newest link that can be shown again the latest, and is told of while it holds', async () => {
    const { ports, clock, directly } = await handedOut();
    const shown = await distribute(ports, request());
    clock.advance(1_000);
    const { distribution } = await directly();
    const latest = await latestDistribution(ports, 'fieldkit');
    expect(latest).toEqual({ distribution: shown.distribution, token: shown.token, laterDirect: distribution });
    expect(latestWarnings(latest, clock.nowMs())).toEqual([expect.stringContaining(distribution.distId)]);
    expect(latestWarnings(latest, Date.parse(distribution.expiresAt))).toEqual([]);
    clock.advance(1_000);
    const next = await distribute(ports, request());
    expect(await latestDistribution(ports, 'fieldkit')).toEqual({ distribution: next.distribution, token: next.token });
  });

  test('that is all there is stands for it, without an address', async () => {
    const { ports, clock, directly } = await handedOut();
    await directly();
    clock.advance(1_000);
    const { distribution } = await directly();
    expect(await latestDistribution(ports, 'fieldkit')).toEqual({ distribution, token: undefined });
  });

  test('is listed, ends when it is revoked or over, and its copy goes', async () => {
    const { ports, clock, store, directly } = await handedOut();
    const first = await directly();
    const second = await directly();
    await revoke(ports, first.distribution.distId);
    const states = async () =>
      (await listDistributions(ports, { limit: 9 })).map(({ distribution, state }) => [distribution.distId, state]);
    expect(new Map((await states()) as [string, string][])).toEqual(
      new Map([
        [first.distribution.distId, 'revoked'],
        [second.distribution.distId, 'live'],
      ]),
    );
    expect((await store.list('distributions/')).map(({ key }) => key.split('/')[1])).toEqual([second.distribution.distId]);
    clock.advance(3_600_000);
    expect(new Map((await states()) as [string, string][]).get(second.distribution.distId)).toBe('expired');
    clock.advance(3_600_001);
    expect(await sweepDistributions(ports)).toEqual([second.distribution.distId]);
    expect(await store.list('distributions/')).toEqual([]);
  });

  test('has no downloads that anybody counts, and says who knows of them', async () => {
    const { ports, directly } = await handedOut();
    const { distId } = (await directly()).distribution;
    await expect(listDownloads({ ledger: ports.ledger, gateHandsOut: 'redirects' }, distId)).rejects.toMatchObject({
      code: 'downloads-not-counted',
      hint: expect.stringContaining(`'slipway-${distId}' in the access logs`) as string,
    });
  });
});

test("'me' that nobody knows is no list for everybody", async () => {
  const { ports } = world({ ownAddresses: () => Promise.resolve([]) });
  await storeBuild(ports);
  for (const allowedIps of [['me'], ['me', '203.0.113.0/24']])
    await expect(distribute(ports, request({ allowedIps }))).rejects.toMatchObject({ code: 'address-range-invalid' });
});
