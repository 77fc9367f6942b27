/** install.sh and the forms that packages come in: zip, one archive for each program, and a version without one of them. */
import '../allow-network';
import '../allow-processes';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { tarGzOf, zipOf, type FakeEntry } from '../fakes/archives';
import { createInstallFixture, findProgram, hostPlatform, type InstallFixture } from './install-fixture';

const platform = hostPlatform ?? 'linux-x86_64';
const whereItRuns = hostPlatform === undefined ? test.skip : test;
let fixture: InstallFixture;

beforeEach(async () => {
  fixture = await createInstallFixture();
});

afterEach(() => fixture.close());

const says = async (program: string) => (await fixture.run(`"$HOME/.local/bin/${program}"`)).stdout;
const program = (text: string) => ({ mode: 0o755, content: Buffer.from(`#!/bin/sh\necho ${text}\n`) });

whereItRuns('a zip', async () => {
  if (findProgram('unzip') === undefined) return void process.stderr.write('skipped: unzip is not at hand\n');
  const folder = `fieldkit-${platform}`;
  const place = `${folder}/fieldkit`;
  const zip = (entries: readonly FakeEntry[]) => zipOf([{ path: place, ...program('zipped') }, ...entries]);
  const packageOf = (content: Buffer) => ({ file: `${folder}.zip`, folder, programs: [{ name: 'fieldkit', path: place }], content });
  const { url } = await fixture.publish('1.0', { packages: [packageOf(await zip([]))] });
  expect(await fixture.install('sh', url)).toMatchObject({ exitCode: 0 });
  expect(await says('fieldkit')).toBe('zipped\n');

  const beside = await fixture.publish('2.0', { packages: [packageOf(await zip([{ path: 'evil', content: Buffer.from('x') }]))] });
  expect(await fixture.install('sh', beside.url)).toMatchObject({ exitCode: 7 });
  const outside = await fixture.publish('2.0', { packages: [packageOf(await zip([{ path: `${folder}/out`, link: '../../../../etc' }]))] });
  expect(await fixture.install('sh', outside.url)).toMatchObject({ exitCode: 7 });
  expect(await says('fieldkit')).toBe('zipped\n');
  const without = { env: { PATH: fixture.pathWith('curl', 'sha256sum', 'tar', 'gzip') } };
  expect(await fixture.install('sh', url, { ...without, args: '--force' })).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining("this system has no 'unzip'") as string,
  });
});

whereItRuns('an archive for each program, and a version that has lost one', async () => {
  const part = async (name: string, version: string) => {
    const folder = `${name}-${platform}`;
    const place = `${folder}/${name}`;
    const content = await tarGzOf([{ path: place, ...program(`${name} ${version}`) }]);
    return { file: `${folder}.tar.gz`, folder, programs: [{ name, path: place }], content };
  };
  const first = await fixture.publish('1.0', { packages: [await part('one', '1.0'), await part('two', '1.0')] });
  expect(await fixture.install('sh', first.url)).toMatchObject({ exitCode: 0 });
  expect([await says('one'), await says('two')]).toEqual(['one 1.0\n', 'two 1.0\n']);
  expect(await fixture.gate.service.downloads(first.distribution.distId)).toHaveLength(2);

  const second = await fixture.publish('2.0', { packages: [await part('one', '2.0')] });
  expect(await fixture.install('sh', second.url)).toMatchObject({ exitCode: 0 });
  expect(await says('one')).toBe('one 2.0\n');
  expect(existsSync(path.join(fixture.home, '.local/bin/two'))).toBe(false);

  expect(await fixture.install('sh', first.url)).toMatchObject({ exitCode: 0 });
  expect([await says('one'), await says('two')]).toEqual(['one 1.0\n', 'two 1.0\n']);
});
