/** An upload as people see it: redrawn on a terminal, at each quarter elsewhere, not at all when quiet. */
import type { Terminal } from '../../../cli/context';
import { showUpload } from '../../../cli/show/upload-progress';
import { createKeepingTerminal } from '../../fakes/terminal';

function shown(change: Partial<Terminal>, isQuiet: boolean, sent: readonly number[]): string {
  const terminal = createKeepingTerminal(change);
  const show = showUpload(terminal, isQuiet);
  for (const bytes of sent) show(bytes, 1000);
  return terminal.err;
}

test('elsewhere a line at each quarter, and again when an upload starts anew', () => {
  const percents = [...shown({}, false, [100, 260, 300, 500, 10, 400, 1000]).matchAll(/(\d+) %/g)].map(([, percent]) => percent);
  expect(percents).toEqual(['26', '50', '40', '100']);
});

test('on a terminal one line, which stays at the end', () => {
  const text = shown({ isInteractive: true }, false, [500, 1000]);
  expect(text.split('\r\u001b[2K').slice(1)).toEqual([
    'uploading the source: 500 B of 1.0 kB, 50 %',
    'uploading the source: 1.0 kB of 1.0 kB, 100 %\n',
  ]);
});

test('quiet is quiet, and an empty source is whole at once', () => {
  expect(shown({}, true, [1000])).toBe('');
  const terminal = createKeepingTerminal();
  showUpload(terminal, false)(0, 0);
  expect(terminal.err).toContain('100 %');
});
