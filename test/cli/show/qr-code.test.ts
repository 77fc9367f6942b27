import jsQR from 'jsqr';
import { drawQrCode, MOST_QR_BYTES } from '../../../cli/show/qr-code';

const LINK = 'http://192.168.120.201:8722/d/Zk3v_9qA-0pXW5cR7tYb1uEoLs8mNfHd';
const CELL = 4;
/** A colour sequence, or one character. */
const TOKEN = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m|[^]`, 'gu');

type Color = 'dark' | 'light';

/** A terminal of pixels: `foreground` and `background` are its own colours, escape sequences may set others. */
function paint(text: string, terminal: { readonly foreground: Color; readonly background: Color }) {
  const rows: Color[][] = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const upper: Color[] = [];
    const lower: Color[] = [];
    let { foreground, background } = terminal;
    for (const [token] of line.matchAll(TOKEN)) {
      if (token === '\u001b[0m') ({ foreground, background } = terminal);
      else if (token === '\u001b[38;5;16m') foreground = 'dark';
      else if (token === '\u001b[48;5;231m') background = 'light';
      else if (token.startsWith('\u001b')) throw new Error(`unknown sequence ${JSON.stringify(token)}`);
      else {
        upper.push('█▀'.includes(token) ? foreground : background);
        lower.push('█▄'.includes(token) ? foreground : background);
      }
    }
    rows.push(upper, lower);
  }
  const width = Math.max(...rows.map((row) => row.length));
  const pixels = new Uint8ClampedArray(width * rows.length * CELL * CELL * 4).fill(255);
  rows.forEach((row, y) =>
    row.forEach((color, x) => {
      const value = color === 'dark' ? 0 : 255;
      for (let dy = 0; dy < CELL; dy++) {
        for (let dx = 0; dx < CELL; dx++)
          pixels.fill(
            value,
            ((y * CELL + dy) * width * CELL + x * CELL + dx) * 4,
            ((y * CELL + dy) * width * CELL + x * CELL + dx) * 4 + 3,
          );
      }
    }),
  );
  return { pixels, width: width * CELL, height: rows.length * CELL };
}

const read = (text: string, terminal: Parameters<typeof paint>[1], inversion: 'dontInvert' | 'attemptBoth' = 'dontInvert') => {
  const { pixels, width, height } = paint(text, terminal);
  return jsQR(pixels, width, height, { inversionAttempts: inversion })?.data;
};

const DARK_TERMINAL = { foreground: 'light', background: 'dark' } as const;
const LIGHT_TERMINAL = { foreground: 'dark', background: 'light' } as const;

test.each([
  ['a link', LINK],
  ['a short text', 'x'],
  ['a long link', `https://example.org/?${'a1B2'.repeat(200)}`],
])('%s is read off a dark and a light terminal alike', (_what, text) => {
  const drawing = drawQrCode(text, { hasColor: true });
  expect(read(drawing.text, DARK_TERMINAL)).toBe(text);
  expect(read(drawing.text, LIGHT_TERMINAL)).toBe(text);
});

test('without colours it is right on a dark terminal, and inverted on a light one, which most readers accept', () => {
  const { text } = drawQrCode(LINK, { hasColor: false });
  expect(text).not.toContain('\u001b');
  expect(read(text, DARK_TERMINAL)).toBe(LINK);
  expect(read(text, LIGHT_TERMINAL, 'attemptBoth')).toBe(LINK);
});

test('a margin of four modules is on every side', () => {
  const { text, columns } = drawQrCode(LINK, { hasColor: false });
  const lines = text.trimEnd().split('\n');
  expect(lines.pop()).toBe('▀'.repeat(columns)); // An odd number of rows: the last line is half a module high.
  expect(lines.every((line) => line.length === columns && line.startsWith('████') && line.endsWith('████'))).toBe(true);
  expect(lines.slice(0, 2)).toEqual(['█'.repeat(columns), '█'.repeat(columns)]);
  expect(lines.at(-1)).toBe('█'.repeat(columns));
  expect(columns).toBeLessThanOrEqual(49);
});

test('what no QR code can hold is refused', () => {
  expect(drawQrCode('x'.repeat(MOST_QR_BYTES), { hasColor: true }).columns).toBe(185);
  for (const text of ['x'.repeat(MOST_QR_BYTES + 1), 'ü'.repeat(1477)]) {
    expect(() => drawQrCode(text, { hasColor: true })).toThrow(
      expect.objectContaining({
        code: 'qr-too-large',
        message: expect.stringContaining(String(Buffer.byteLength(text))) as unknown,
      }) as Error,
    );
  }
});
