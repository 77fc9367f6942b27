import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SlipwayError } from '../../../core/slipway-error';
import { createBuildLog, readBuildLog } from '../../../local/build/build-log-file';
import { createNodeFiles } from '../../../local/machine/files-node';
import { redactReport } from '../../../local/build/job-outputs';

const files = createNodeFiles();
const root = mkdtempSync(path.join(tmpdir(), 'slipway-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let logs = 0;
const newLog = () => path.join(root, `${++logs}.txt`);
const ended = () => Promise.resolve(true);
const running = () => Promise.resolve(false);

test('what is written is read from where the last read ended', async () => {
  const file = newLog();
  const log = createBuildLog(files, file);
  log.write('one\n');
  log.write('two\n');
  await log.close();
  const first = await readBuildLog(files, file, undefined, running);
  expect(first).toEqual({ text: 'one\ntwo\n', next: '8', isComplete: false });
  log.write('three\n');
  await log.close();
  expect(await readBuildLog(files, file, first.next, ended)).toEqual({ text: 'three\n', next: '14', isComplete: true });
  expect(await readBuildLog(files, file, '14', ended)).toEqual({ text: '', next: '14', isComplete: true });
});

test('a character that is only half there waits for its rest', async () => {
  const file = newLog();
  const bytes = Buffer.from('grün €😀');
  let text = '';
  let next: string | undefined;
  for (let end = 1; end <= bytes.length; end++) {
    await files.write(file, bytes.subarray(0, end));
    const chunk = await readBuildLog(files, file, next, running);
    text += chunk.text;
    next = chunk.next;
  }
  expect(text).toBe('grün €😀');
});

test('a log that is longer than one piece is read in several, characters whole', async () => {
  const file = newLog();
  const content = 'zäh€'.repeat(90_000);
  await files.write(file, content);
  let text = '';
  let pieces = 0;
  for (let next: string | undefined; ; pieces++) {
    const chunk = await readBuildLog(files, file, next, ended);
    text += chunk.text;
    next = chunk.next;
    if (chunk.isComplete) break;
  }
  expect(pieces).toBeGreaterThan(1);
  expect(text === content).toBe(true);
});

test('no log yet is an empty one', async () => {
  expect(await readBuildLog(files, path.join(root, 'none'), undefined, running)).toEqual({ text: '', next: '0', isComplete: false });
  expect((await readBuildLog(files, path.join(root, 'none'), 'nonsense', ended)).isComplete).toBe(true);
});

test('a full disk loses lines, not the build, and the log says so when there is room again', async () => {
  let isFull = true;
  const written: string[] = [];
  const log = createBuildLog(
    {
      ...files,
      append: (_file, content) => {
        if (isFull) return Promise.reject(new SlipwayError('disk-full', 'the disk is full'));
        written.push(String(content));
        return Promise.resolve();
      },
    },
    newLog(),
  );
  log.write('lost\n');
  await log.close();
  isFull = false;
  log.write('kept\n');
  await log.close();
  expect(written.join('')).toBe('\n[5 bytes of the log could not be written here]\nkept\n');
});

test('secrets are masked in a report wherever text of tools is, digests and names are left', () => {
  const report = {
    version: 'hush',
    artifacts: [{ sha256: 'hush' }],
    warnings: ['a hush'],
    steps: [{ reason: 'hush', seconds: 1 }],
    empty: null,
  };
  expect(JSON.parse(redactReport(JSON.stringify(report), ['hush']))).toEqual({
    ...report,
    warnings: ['a ***'],
    steps: [{ reason: '***', seconds: 1 }],
  });
  expect(redactReport('no json with hush', ['hush'])).toBe('no json with ***');
});
