/** The gate and the install scripts: made for who asks, decided on as the page is, and never a download. */
import { answerGateRequest, type GatePorts } from '../../../../core/distribution/gate/answer-gate-request';
import type { Distribution } from '../../../../core/distribution/distribution';
import type { GateRequest } from '../../../../core/distribution/gate/gate-request';
import { createToken } from '../../../../core/distribution/link-token';
import { storageKey } from '../../../../core/storage-key';
import { distributedFile, distributionWith } from '../../../fakes/distributions';
import { installableDistribution, installablePackage } from '../../../fakes/installable';
import { createMemoryLedger } from '../../../fakes/ledger-memory';
import { createManualClock, createSeededRandomness } from '../../../fakes/manual-clock';

const BASE_URL = 'https://gate.example.org';

async function gateWith(distribution: Distribution) {
  const ledger = createMemoryLedger();
  const randomness = createSeededRandomness();
  const token = createToken(randomness);
  await ledger.create(storageKey.distributionRecord(distribution.distId), distribution);
  await ledger.create(storageKey.link(token), { schemaVersion: 1, distId: distribution.distId });
  const ports: GatePorts = { ledger, clock: createManualClock('2026-03-02T00:00:00Z'), randomness, rangesEnforcedBy: 'gate' };
  const ask = async (file: string, request: Partial<GateRequest> = {}, baseUrl: string | null = BASE_URL) => {
    const target = file === '' ? `/d/${token}` : `/d/${token}/${file}`;
    const outcome = await answerGateRequest(ports, {
      method: 'GET',
      headers: { 'user-agent': 'curl/8.14.1' },
      callerAddress: '203.0.113.7',
      ...(baseUrl === null ? {} : { baseUrl }),
      target,
      ...request,
    });
    const { answer, entry } = outcome;
    return { status: answer.status, headers: answer.headers, text: answer.body.kind === 'text' ? answer.body.text : '', entry };
  };
  const grants = () => ledger.keys(storageKey.grantsPrefix(distribution.distId));
  return { ask, token, grants };
}

test.each([
  ['install.sh', `link='${BASE_URL}/d/`],
  ['install.ps1', `Link = '${BASE_URL}/d/`],
])('%s is text that names the link it came by', async (file, start) => {
  const { ask, token, grants } = await gateWith(installableDistribution());
  const { status, headers, text, entry } = await ask(file);
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'private, no-store',
    'x-content-type-options': 'nosniff',
  });
  expect(text).toContain(`${start}${token}'`);
  expect(entry).toMatchObject({ reason: 'ok', service: 'companion', file, isGrant: false });
  expect(JSON.stringify(entry)).not.toContain(token);
  expect(await grants()).toEqual([]);
});

test('HEAD says how long it is', async () => {
  const { ask } = await gateWith(installableDistribution());
  const { text } = await ask('install.sh');
  const head = await ask('install.sh', { method: 'HEAD' });
  expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': String(Buffer.byteLength(text)) } });
  expect(head.entry).toMatchObject({ service: 'head' });
});

test('a browser sees the text, and a chat program the preview of the page', async () => {
  const { ask } = await gateWith(installableDistribution());
  expect((await ask('install.sh', { headers: { accept: 'text/html' } })).headers['content-type']).toBe('text/plain; charset=utf-8');
  expect((await ask('install.sh', { headers: { 'user-agent': 'Slackbot 1.0' } })).headers['content-type']).toMatch('text/html');
});

test.each<[string, number, Partial<Distribution>]>([
  ['revoked', 410, { revokedAt: '2026-03-01T12:00:00.000Z' }],
  ['expired', 410, { expiresAt: '2026-03-01T12:00:00.000Z' }],
  ['address-not-allowed', 403, { allowedRanges: ['198.51.100.0/24'] }],
])('a link that is %s hands out none', async (reason, status, change) => {
  const { ask } = await gateWith(installableDistribution(change));
  const { status: got, entry, text } = await ask('install.sh');
  expect([got, entry.reason]).toEqual([status, reason]);
  expect(text).not.toContain('main');
});

test('a link that is used up still hands it out, as it does the checksums', async () => {
  const { ask } = await gateWith(installableDistribution({ maxDownloads: 1 }));
  expect((await ask('fieldkit-linux-x86_64.tar.gz')).entry.isGrant).toBe(true);
  expect((await ask('install.sh')).status).toBe(200);
});

test.each<[string, string, Distribution, string]>([
  [
    'a system without a package',
    'install.ps1',
    installableDistribution({ files: [installablePackage('linux-x86_64')] }),
    'it has no package for Windows',
  ],
  [
    'a system without a package',
    'install.sh',
    installableDistribution({ files: [installablePackage('windows-x86_64')] }),
    'it has no package for Linux or macOS',
  ],
  [
    'an application that wants none',
    'install.sh',
    installableDistribution({ about: { installers: [] } }),
    'its files are not installed by a script',
  ],
  ['a file handed out as it is', 'install.sh', distributionWith(), 'its files are not installed by a script'],
])('for %s there is none, and that is said', async (_what, file, distribution, reason) => {
  const { ask } = await gateWith(distribution);
  const { status, text, entry } = await ask(file);
  expect(status).toBe(404);
  expect(text.split('\n')[0]).toBe(`this link has no ${file}: ${reason}`);
  expect(entry).toMatchObject({ reason: 'file-unknown' });
  expect((await ask(file, { headers: { accept: 'text/html' } })).text).toContain(reason);
});

test('without an address to name there is none', async () => {
  const { ask } = await gateWith(installableDistribution());
  const { status, entry } = await ask('install.sh', {}, null);
  expect([status, entry.reason]).toEqual([400, 'host-unclear']);
});

test('a file of that name which was handed out comes as it is', async () => {
  const own = distributedFile('install.sh', { kind: 'file' });
  const { ask, grants } = await gateWith(distributionWith({ files: [own] }));
  expect((await ask('install.sh')).headers).toMatchObject({ 'content-disposition': 'attachment; filename="install.sh"' });
  expect(await grants()).toHaveLength(1);
});

test('the list for programs names the lines that install, where the address is known', async () => {
  const { ask, token } = await gateWith(installableDistribution());
  expect((await ask('')).text.split('\n').slice(-3)).toEqual([
    `to install: curl -fsSL ${BASE_URL}/d/${token}/install.sh | sh`,
    `to install: irm ${BASE_URL}/d/${token}/install.ps1 | iex`,
    '',
  ]);
  expect((await ask('', {}, null)).text).not.toContain('to install');
});
