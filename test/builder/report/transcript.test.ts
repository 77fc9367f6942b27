import fc from 'fast-check';
import { createTranscript } from '../../../builder/report/transcript';

function collected(chunks: readonly Uint8Array[], secrets: readonly string[] = []): readonly string[] {
  const lines: string[] = [];
  const collector = createTranscript((line) => void lines.push(line), secrets).collect();
  for (const chunk of chunks) collector.push(chunk);
  collector.end();
  return lines;
}

describe('the output of a tool', () => {
  test('is cut into lines, without progress and empty ones', () => {
    expect(collected([Buffer.from('one\r\ntw'), Buffer.from('o\n\n10%\r20%\rdone')])).toEqual(['one', 'two', '10%', '20%', 'done']);
  });

  test('may be split inside a character', () => {
    const bytes = Buffer.from('café ✓\n');
    expect(collected([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(['café ✓']);
  });

  test('a line without an end is shown in pieces', () => {
    expect(collected([Buffer.from('x'.repeat(40_000))]).map((line) => line.length)).toEqual([16_384, 16_384, 7_232]);
  });

  test('never shows a secret, however it is split', () => {
    const secret = 's3cr3t-value';
    const output = Buffer.from(`before ${secret} between ${secret}${secret}\nafter ${secret}`);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(output.length), { maxLength: 8 }), (cuts) => {
        const sorted = [0, ...cuts.sort((a, b) => a - b), output.length];
        const chunks = sorted.slice(1).map((end, index) => output.subarray(sorted[index], end));
        const shown = collected(chunks, [secret]).join('\n');
        expect(shown).toBe('before *** between ******\nafter ***');
      }),
      { numRuns: 200 },
    );
  });
});

describe('what is kept', () => {
  test('is the tail, and the text since a mark', () => {
    const transcript = createTranscript(() => undefined, []);
    for (let index = 0; index < 700; index++) transcript.line(`line ${index}`);
    const mark = transcript.mark();
    transcript.line('after');
    expect(transcript.tail(2)).toEqual(['line 699', 'after']);
    expect(transcript.tail(10_000)).toHaveLength(600);
    expect(transcript.textSince(mark)).toBe('after');
    expect(transcript.textSince(0).split('\n')).toHaveLength(600);
  });
});
