import { createSystemPackages } from '../../../builder/sbom/system-package';
import type { Files } from '../../../core/ports/files';
import type { Processes, ProcessRequest } from '../../../core/ports/processes';
import { SlipwayError } from '../../../core/slipway-error';

type Answers = Readonly<Record<string, string>>;

/** A machine with some programs, each of which knows some answers by its last argument. */
function machine(programs: Readonly<Record<string, Answers>>, release?: string) {
  const asked: string[] = [];
  const processes = {
    find: (command: string) => Promise.resolve(command in programs ? `/usr/bin/${command}` : undefined),
    run: (request: ProcessRequest) => {
      const last = request.args.at(-1) ?? '';
      asked.push(`${request.command} ${last}`);
      const stdout = programs[request.command.replace('/usr/bin/', '')]?.[last];
      return Promise.resolve({ exitCode: stdout === undefined ? 1 : 0, stdout: stdout ?? '' });
    },
  } as unknown as Processes;
  const files = {
    realPath: (place: string) => Promise.resolve(place.replace(/^\/lib\//, '/usr/lib/').replace(/\.so\.3$/, '.so.3.0.11')),
    readText: (place: string) =>
      release === undefined ? Promise.reject(new SlipwayError('file-not-found', `no '${place}'`)) : Promise.resolve(release),
  } as unknown as Files;
  const find = (platform: 'linux-x86_64' | 'macos-arm64' = 'linux-x86_64') =>
    createSystemPackages({ files, processes, environment: { PATH: '/usr/bin' }, platform });
  return { find, asked };
}

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n';
const LIBSSL = { 'libssl3:amd64': 'libssl3\n3.0.11-1~deb12u2\namd64\nhttps://www.openssl.org/\n' };

test('dpkg is asked by every name that a file of a merged /usr may have', async () => {
  const { find, asked } = machine(
    { 'dpkg-query': { '/lib/x86_64-linux-gnu/libssl.so.3.0.11': 'libssl3:amd64: /lib/x86_64-linux-gnu/libssl.so.3.0.11\n', ...LIBSSL } },
    DEBIAN,
  );
  const of = find();
  const expected = {
    name: 'libssl3',
    version: '3.0.11-1~deb12u2',
    purl: 'pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12',
    homepage: 'https://www.openssl.org/',
  };
  expect(await of('/lib/x86_64-linux-gnu/libssl.so.3')).toEqual(expected);
  expect(await of('/lib/x86_64-linux-gnu/libssl.so.3')).toEqual(expected);
  expect(asked.filter((line) => line.endsWith('libssl3:amd64'))).toHaveLength(1);
});

test('rpm is asked where dpkg is missing', async () => {
  const { find } = machine(
    { rpm: { '/usr/lib64/libz.so.1': 'zlib-ng\n2.1.6-2.fc40\nx86_64\n1\nhttps://github.com/zlib-ng\nZlib\n' } },
    'ID=fedora\nVERSION_ID=40\n',
  );
  expect(await find()('/usr/lib64/libz.so.1')).toEqual({
    name: 'zlib-ng',
    version: '2.1.6-2.fc40',
    purl: 'pkg:rpm/fedora/zlib-ng@2.1.6-2.fc40?arch=x86_64&distro=fedora-40&epoch=1',
    homepage: 'https://github.com/zlib-ng',
    license: 'Zlib',
  });
});

test.each([
  ['neither dpkg nor rpm', machine({}, DEBIAN)],
  ['a file of no package', machine({ 'dpkg-query': {}, rpm: {} }, DEBIAN)],
  ['an answer that says nothing', machine({ 'dpkg-query': { '/opt/lib/libkit.so': 'diversion by x from: y\n' } }, DEBIAN)],
])('%s: none is claimed', async (_what, { find }) => {
  expect(await find()('/opt/lib/libkit.so')).toBeUndefined();
});

test('elsewhere than on Linux nobody is asked', async () => {
  const { find, asked } = machine({ 'dpkg-query': LIBSSL }, DEBIAN);
  expect(await find('macos-arm64')('/usr/lib/libz.dylib')).toBeUndefined();
  expect(asked).toEqual([]);
});

test('a system that does not say what it is', async () => {
  const { find } = machine({ 'dpkg-query': { '/usr/lib/libssl.so.3.0.11': 'libssl3:amd64: /usr/lib/libssl.so.3.0.11\n', ...LIBSSL } });
  expect((await find()('/usr/lib/libssl.so.3'))?.purl).toBe('pkg:deb/linux/libssl3@3.0.11-1~deb12u2?arch=amd64');
});
