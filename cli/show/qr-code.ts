/**
 * Draws a QR code with half blocks, two modules a character, so that a phone reads it off a terminal.
 * With colours it is black on white whatever the terminal's own are; without, it is drawn for a dark background.
 */
import { create } from 'qrcode';
import { SlipwayError } from '../../core/slipway-error';

/** ISO/IEC 18004 asks for a margin of four modules; readers rely on it. */
const QUIET_ZONE = 4;

/** What version 40 with the lowest error correction holds in bytes (ISO/IEC 18004, table 7). */
export const MOST_QR_BYTES = 2953;

/** Of the 256-colour cube, which no theme changes, unlike the first sixteen. */
const BLACK_ON_WHITE = '\u001b[38;5;16m\u001b[48;5;231m';
const RESET = '\u001b[0m';

export interface QrDrawing {
  /** Ends with a line break. */
  readonly text: string;
  /** Columns that the terminal must have. */
  readonly columns: number;
}

/** @throws SlipwayError `qr-too-large` when no QR code can hold the text */
export function assertQrHolds(text: string): void {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= MOST_QR_BYTES) return;
  throw new SlipwayError('qr-too-large', `no QR code can hold this link: it has '${sizeBytes}' bytes, and at most ${MOST_QR_BYTES} fit`, {
    hint: 'leave out --qr, or use --link gate: its links are short',
    details: { sizeBytes, mostBytes: MOST_QR_BYTES },
  });
}

/** @throws SlipwayError `qr-too-large` */
export function drawQrCode(text: string, options: { readonly hasColor: boolean }): QrDrawing {
  assertQrHolds(text);
  const isDark = darkModules(text);
  const size = isDark.length + 2 * QUIET_ZONE;
  const at = (row: number, column: number) => isDark[row - QUIET_ZONE]?.[column - QUIET_ZONE] === true;
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    const cells = Array.from({ length: size }, (_, column) =>
      options.hasColor ? block(at(row, column), at(row + 1, column)) : block(!at(row, column), row + 1 < size && !at(row + 1, column)),
    );
    lines.push(options.hasColor ? `${BLACK_ON_WHITE}${cells.join('')}${RESET}` : cells.join(''));
  }
  return { text: `${lines.join('\n')}\n`, columns: size };
}

/** Medium error correction survives glare; what is too long for it gets the lowest. */
function darkModules(text: string): readonly (readonly boolean[])[] {
  const bytes = [{ data: Buffer.from(text), mode: 'byte' as const }];
  const { modules } = create(bytes, { errorCorrectionLevel: Buffer.byteLength(text) <= 1_000 ? 'M' : 'L' });
  return Array.from({ length: modules.size }, (_, row) =>
    Array.from({ length: modules.size }, (_unused, column) => modules.get(row, column) === 1),
  );
}

/** The character that paints the upper and the lower half in the foreground colour. */
function block(isUpper: boolean, isLower: boolean): string {
  if (isUpper) return isLower ? '█' : '▀';
  return isLower ? '▄' : ' ';
}
