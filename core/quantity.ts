/** Owns the spelling of durations (`10s`), sizes (`50MB`) and glibc versions in slipway.yaml, parsed to plain numbers. */
import { z } from 'zod';

const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, m: 60_000, h: 3_600_000 };
/** Decimal units, as file managers and download pages show them; the binary ones have their own names. */
const SIZE_UNITS_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** @returns milliseconds, or undefined where `text` is no duration */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h)$/.exec(text);
  const unit = DURATION_UNITS_MS[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/** @returns bytes, or undefined where `text` is no size */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)$/.exec(text);
  const unit = SIZE_UNITS_BYTES[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

const DURATION_WORDS = { error: 'expected a duration such as 500ms, 10s, 30min or 2h' };
const SIZE_WORDS = { error: 'expected a size such as 800kB, 50MB or 48MiB' };

/** A duration such as `10s`, `500ms`, `30min`; the parsed value is in milliseconds. */
export const DurationMsSchema = z
  .string(DURATION_WORDS)
  .refine((text) => (parseDurationMs(text) ?? 0) > 0, DURATION_WORDS)
  .transform((text) => parseDurationMs(text) ?? 0);

/** A size such as `50MB` (decimal) or `50MiB` (binary); the parsed value is in bytes. */
export const SizeBytesSchema = z
  .string(SIZE_WORDS)
  .refine((text) => (parseSizeBytes(text) ?? 0) > 0, SIZE_WORDS)
  .transform((text) => parseSizeBytes(text) ?? 0);

/** `1.5 MB`, `12 kB`: decimal units, as slipway.yaml reads them. */
export function formatSize(sizeBytes: number): string {
  if (sizeBytes < 1e3) return `${sizeBytes} B`;
  if (sizeBytes < 1e6) return `${(sizeBytes / 1e3).toFixed(1)} kB`;
  if (sizeBytes < 1e9) return `${(sizeBytes / 1e6).toFixed(1)} MB`;
  return `${(sizeBytes / 1e9).toFixed(2)} GB`;
}

/** `850ms`, `12.3s`, `4min 5s`, `2h 3min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)}ms`;
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)}s`;
  const totalSeconds = Math.round(durationMs / 1_000);
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  return hours > 0 ? `${hours}h ${minutes}min` : `${minutes}min ${totalSeconds % 60}s`;
}

/** Compares dotted version numbers (`2.9` < `2.28`), as glibc's and Python's are. Negative, zero or positive. */
export function compareDottedVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
