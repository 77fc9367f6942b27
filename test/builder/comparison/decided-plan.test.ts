import { planBuild } from '../../../builder/plan';
import { pinnedVersion } from '../../../toolchain/pins';
import { binaryOf, HOST, jobOf } from '../fake-build';

const decision = {
  decidedAt: '2026-11-21T17:00:00.000Z',
  reason: '3 of 20 launches failed',
  nuitka: pinnedVersion('nuitka'),
  pyinstaller: pinnedVersion('pyinstaller'),
};

test('a plan tells where the choice of a compiler comes from', () => {
  const plan = planBuild(jobOf({ binaries: [binaryOf('kit', { compiler: 'pyinstaller', decision }), binaryOf('other')] }), HOST);
  expect(plan.steps.find(({ name }) => name === 'compile')?.title).toBe(
    'Compile kit with PyInstaller (standalone, chosen by slipway compare on 2026-11-21), other with Nuitka (standalone)',
  );
  const sourceOf = (tool: string) => plan.tools.find(({ name }) => name === tool)?.source;
  expect(sourceOf('pyinstaller')).toContain('; for kit by slipway compare on 2026-11-21: 3 of 20 launches failed');
  expect(sourceOf('nuitka')).not.toContain('slipway compare');
  expect(plan.warnings).toEqual([]);
});

test('a decision on other versions holds, and is warned of', () => {
  const job = jobOf({ binaries: [binaryOf('kit', { compiler: 'pyinstaller', decision: { ...decision, nuitka: '4.0' } })] });
  const plan = planBuild(job, HOST);
  expect(plan.warnings).toEqual([
    `the compiler of 'kit' was chosen with other versions: nuitka 4.0, now ${pinnedVersion('nuitka')}; run slipway compare to choose anew`,
  ]);
  expect(plan.tools.map(({ name }) => name)).toContain('pyinstaller');
});

test('without a decision auto is Nuitka, and says so', () => {
  const plan = planBuild(jobOf({ binaries: [binaryOf('kit', { compiler: 'auto' })] }), HOST);
  expect(plan.warnings).toEqual(["'kit' is compiled with Nuitka: compiler: auto has no recorded decision of slipway compare"]);
});
