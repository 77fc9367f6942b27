/** Proves what is kept of downloads from one machine to the next: only where somebody made the folder, and never on trust. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Downloads } from '../../core/ports/downloads';
import { createNodeFiles } from '../../local/machine/files-node';
import { fetchPinned } from '../../toolchain/pinned-download';
import { createToolchainFixture, type ToolchainFixture } from './toolchain-fixture';

const CONTENT = 'a wheel';
const pinned = { file: 'kit-1.0-py3-none-any.whl', sha256: createHash('sha256').update(CONTENT).digest('hex') };
let fixture: ToolchainFixture;
let fetchCount: number;

const index: Downloads = {
  text: ({ url }) => Promise.resolve({ body: `<a href="${pinned.file}">kit</a>`, contentType: 'text/html', finalUrl: url }),
  async file(_, target) {
    fetchCount++;
    await createNodeFiles().write(target, CONTENT);
  },
};

beforeEach(() => {
  fetchCount = 0;
  fixture = createToolchainFixture({ downloads: index });
});
afterEach(() => fixture.close());

const kept = () => path.join(fixture.context.homeDirectory, 'cache', 'downloads');

async function fetchTwice(): Promise<void> {
  for (const name of ['first', 'second']) {
    const target = path.join(fixture.directory, name);
    await fetchPinned(fixture.context, 'kit', pinned, target);
    expect(readFileSync(target, 'utf8')).toBe(CONTENT);
  }
}

test('where the folder is made, a download is kept by its digest and fetched once', async () => {
  mkdirSync(kept(), { recursive: true });
  await fetchTwice();
  expect(fetchCount).toBe(1);
  expect(readdirSync(kept())).toEqual([pinned.sha256]);
});

test('elsewhere nothing is kept', async () => {
  await fetchTwice();
  expect(fetchCount).toBe(2);
  expect(existsSync(kept())).toBe(false);
});

test.each<[string, (file: string) => void]>([
  ['is something else', (file) => writeFileSync(file, 'another wheel')],
  [
    'is a link',
    (file) => {
      writeFileSync(path.join(fixture.directory, 'elsewhere'), CONTENT);
      symlinkSync(path.join(fixture.directory, 'elsewhere'), file);
    },
  ],
])('what %s is replaced', async (_, plant) => {
  mkdirSync(kept(), { recursive: true });
  plant(path.join(kept(), pinned.sha256));
  await fetchTwice();
  expect(fetchCount).toBe(1);
  expect(readFileSync(path.join(kept(), pinned.sha256), 'utf8')).toBe(CONTENT);
});
