import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { refusePackagesAbove } from '../../../toolchain/environment/environment-floor';
import { elfFile } from '../../fixtures/executables';
import { createToolchainFixture, type ToolchainFixture } from '../toolchain-fixture';

let fixture: ToolchainFixture;
beforeEach(() => (fixture = createToolchainFixture()));
afterEach(() => fixture.close());

/** An installed package with one library. */
function put(name: string, version: string, glibc: string, tag: string): void {
  const library = `${name}/_native, "c".so`;
  const info = path.join(fixture.directory, `${name}-${version}.dist-info`);
  mkdirSync(info);
  mkdirSync(path.join(fixture.directory, name));
  writeFileSync(path.join(info, 'WHEEL'), `Wheel-Version: 1.0\nTag: ${tag}\n`);
  writeFileSync(path.join(info, 'RECORD'), `"${library.replaceAll('"', '""')}",sha256=x,1\n${name}/__init__.py,,\n${name}/gone.so,,\n`);
  writeFileSync(path.join(fixture.directory, library), elfFile({ versions: { 'libc.so.6': [`GLIBC_${glibc}`] } }));
}

const refuse = (glibc: string) => refusePackagesAbove(fixture.context, glibc, fixture.directory);

test('packages that ask for no newer glibc pass', async () => {
  put('markupsafe', '3.0', '2.14', 'cp312-cp312-manylinux_2_17_x86_64');
  put('psutil', '7.0.0', '2.28', 'cp36-abi3-manylinux_2_28_x86_64');
  await expect(refuse('2.28')).resolves.toBeUndefined();
});

test('every package above is named, and how it came to be so', async () => {
  put('markupsafe', '3.0', '2.14', 'cp312-cp312-manylinux_2_17_x86_64');
  put('psutil', '7.0.0', '2.34', 'cp36-abi3-linux_x86_64');
  put('recent', '1.2', '2.31', 'cp312-cp312-manylinux_2_31_x86_64');
  await expect(refuse('2.28')).rejects.toMatchObject({
    code: 'glibc-floor-unreachable',
    message: expect.stringMatching(
      /^the dependencies do not run on glibc '2\.28': psutil 7\.0\.0 needs 2\.34 \(.*, compiled here of its source because no wheel fits\); recent 1\.2 needs 2\.31 \([^;]*"c"\.so\)$/,
    ) as string,
    details: { wanted: '2.28', reachable: '2.34', packages: ['psutil 7.0.0', 'recent 1.2'] },
    hint: expect.stringContaining('manylinux_2_28') as string,
  });
});
