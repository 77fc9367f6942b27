/** Address ranges against an implementation that shares nothing with ours: Python's ipaddress, on 100,000 pairs of a list and a caller. */
import '../../../allow-processes';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import {
  formatAddress,
  formatRange,
  mergeRanges,
  parseAddress,
  parseAddressRange,
  parseAddressRanges,
  rangesInclude,
  type AddressFamily,
} from '../../../../core/distribution/addresses/address-range';
import { createSeededRandomness } from '../../../fakes/manual-clock';

const LISTS = 4_000;
const CALLERS = 25;
const WIDTH: Readonly<Record<AddressFamily, number>> = { 4: 32, 6: 128 };
const MAPPED = 0xffffn << 32n;

/** Another one for each run; `jest --seed N` repeats it. */
const SEED = jest.getSeed();

interface Case {
  /** As typed: host bits, duplicates, neighbours and spellings of all kinds among them. */
  readonly ranges: readonly string[];
  readonly callers: readonly string[];
}

interface Verdict {
  readonly merged: readonly string[];
  readonly inside: readonly boolean[];
  readonly callers: readonly string[];
  /** The range that was meant, where host bits are set. */
  readonly hostBits: readonly (string | null)[];
}

function chance(seed: string) {
  const randomness = createSeededRandomness(seed);
  let pool = Buffer.alloc(0);
  let at = 0;
  const bytes = (length: number) => {
    if (at + length > pool.length) [pool, at] = [Buffer.from(randomness.bytes(65_536)), 0];
    at += length;
    return pool.subarray(at - length, at);
  };
  const below = (limit: number) => bytes(4).readUInt32BE() % limit;
  const value = (family: AddressFamily) => [...bytes(WIDTH[family] / 8)].reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { below, value, isOneIn: (of: number) => below(of) === 0 };
}

type Chance = ReturnType<typeof chance>;

interface Block {
  readonly family: AddressFamily;
  readonly first: bigint;
  readonly prefixLength: number;
}

const sizeOf = ({ family, prefixLength }: Block) => 1n << BigInt(WIDTH[family] - prefixLength);
const limitOf = (family: AddressFamily) => 1n << BigInt(WIDTH[family]);

function aligned(family: AddressFamily, value: bigint, prefixLength: number): Block {
  const hostBits = BigInt(WIDTH[family] - prefixLength);
  return { family, first: (value >> hostBits) << hostBits, prefixLength };
}

/** Anything, a copy, a neighbour, the other half, a piece or the surroundings of an earlier one. */
function nextBlock(random: Chance, earlier: readonly Block[]): Block {
  const like = earlier[random.below(Math.max(earlier.length, 1))];
  if (like === undefined || random.isOneIn(3)) {
    const family = random.isOneIn(2) ? 4 : 6;
    if (family === 6 && random.isOneIn(6)) return aligned(6, MAPPED | random.value(4), 96 + random.below(33));
    return aligned(family, random.value(family), random.below(WIDTH[family] + 1));
  }
  const { family, first, prefixLength } = like;
  switch (random.below(5)) {
    case 0:
      return like;
    case 1:
      return aligned(family, (first + sizeOf(like)) % limitOf(family), prefixLength);
    case 2:
      return aligned(family, first ^ (sizeOf(like) % limitOf(family)), prefixLength);
    case 3:
      return aligned(family, first + (random.value(family) % sizeOf(like)), prefixLength + random.below(WIDTH[family] - prefixLength + 1));
    default:
      return aligned(family, first, Math.max(0, prefixLength - 1 - random.below(4)));
  }
}

/** In another spelling now and then: upper case, all groups, an IPv4 tail. */
function spelled(random: Chance, family: AddressFamily, value: bigint): string {
  const text = formatAddress({ family, value });
  if (family === 4) return random.isOneIn(8) ? `::ffff:${text}` : text;
  const groups = value.toString(16).padStart(32, '0').match(/.{4}/g) ?? [];
  switch (random.below(6)) {
    case 0:
      return text.toUpperCase();
    case 1:
      return groups.join(':');
    case 2:
      return `${groups.slice(0, 6).join(':')}:${formatAddress({ family: 4, value: value & 0xffff_ffffn })}`;
    default:
      return text;
  }
}

function typedRange(random: Chance, block: Block): string {
  const { family, prefixLength } = block;
  const value = random.isOneIn(25) ? block.first + (random.value(family) % sizeOf(block)) : block.first;
  const text = spelled(random, family, value);
  const isMapped = family === 4 && text.includes(':');
  if (prefixLength === WIDTH[family] && random.isOneIn(2)) return text;
  return `${text}/${isMapped ? prefixLength + 96 : prefixLength}`;
}

function typedCaller(random: Chance, blocks: readonly Block[]): string {
  const near = blocks[random.below(blocks.length)];
  if (near === undefined || random.isOneIn(4)) {
    const family = random.isOneIn(2) ? 4 : 6;
    return spelled(random, family, random.value(family));
  }
  const { family, first } = near;
  const edges = [first, first - 1n, first + sizeOf(near) - 1n, first + sizeOf(near), first + (random.value(family) % sizeOf(near))];
  const value = ((edges[random.below(edges.length)] ?? 0n) + limitOf(family)) % limitOf(family);
  return spelled(random, family, value);
}

function makeCase(random: Chance): Case {
  const blocks: Block[] = [];
  for (let count = 1 + random.below(12); count > 0; count--) blocks.push(nextBlock(random, blocks));
  return {
    ranges: blocks.map((block) => typedRange(random, block)),
    callers: Array.from({ length: CALLERS }, () => typedCaller(random, blocks)),
  };
}

/** @throws where there is no Python: the README asks for one, and without it nothing is proved */
async function judgedByPython(cases: readonly Case[]): Promise<readonly Verdict[]> {
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const child = spawn(python, [path.join(__dirname, 'range-oracle.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const failed = once(child, 'error').then(([error]: unknown[]) => {
    throw new Error(`'${python}' cannot be started, and is what the ranges are checked against: ${(error as Error).message}`);
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.on('error', () => undefined); // Told by the exit code.
  child.stdin.end(cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const [exitCode] = (await Promise.race([once(child, 'close'), failed])) as [number];
  if (exitCode !== 0) throw new Error(`'${python}' ended with ${exitCode}`);
  const lines = Buffer.concat(chunks).toString().trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Verdict);
}

/** What was meant by a range that is refused for its host bits. */
function meantBy(text: string): string | undefined {
  try {
    parseAddressRange(text);
    return undefined;
  } catch (thrown) {
    return /^write (\S+) for the range/.exec((thrown as { hint?: string }).hint ?? '')?.[1] ?? 'refused without what was meant';
  }
}

test('100,000 random pairs agree with the ipaddress module of Python, lists that are merged and host bits as well', async () => {
  const random = chance(`ranges ${SEED}`);
  const cases = Array.from({ length: LISTS }, () => makeCase(random));
  const verdicts = await judgedByPython(cases);
  expect(verdicts).toHaveLength(LISTS);
  const seen = { pairs: 0, inside: 0, hostBits: 0, shorter: 0, spelledOtherwise: 0 };
  cases.forEach(({ ranges, callers }, at) => {
    const verdict = verdicts[at];
    if (verdict === undefined) throw new Error(`no verdict on ${JSON.stringify(ranges)}`);
    const fail = (what: string, ours: unknown, theirs: unknown) => {
      throw new Error(`--seed ${SEED}, ${ranges.join(',')}: ${what}: ours ${JSON.stringify(ours)}, Python ${JSON.stringify(theirs)}`);
    };
    const meant = ranges.map((text) => meantBy(text) ?? null);
    if (meant.join() !== verdict.hostBits.join()) fail('host bits', meant, verdict.hostBits);
    seen.hostBits += meant.filter((text) => text !== null).length;
    // What was refused is mended by its own hint.
    const stored = mergeRanges(parseAddressRanges(ranges.map((text, index) => meant[index] ?? text))).map(formatRange);
    if (stored.join() !== verdict.merged.join()) fail('merged', stored, verdict.merged);
    if (stored.length < ranges.length) seen.shorter += 1;
    callers.forEach((text, index) => {
      const caller = parseAddress(text);
      if (caller === undefined) throw new Error(`--seed ${SEED}: '${text}' was not read`);
      const canonical = formatAddress(caller);
      if (canonical !== verdict.callers[index]) fail(`caller ${text}`, canonical, verdict.callers[index]);
      const isInside = rangesInclude(stored, caller);
      if (isInside !== verdict.inside[index]) fail(`${text} inside`, isInside, verdict.inside[index]);
      seen.pairs += 1;
      if (isInside) seen.inside += 1;
      if (canonical !== text) seen.spelledOtherwise += 1;
    });
  });
  expect(seen.pairs).toBe(100_000);
  expect(seen.inside).toBeGreaterThan(30_000);
  expect(seen.inside).toBeLessThan(90_000);
  expect(seen.hostBits).toBeGreaterThan(200);
  expect(seen.shorter).toBeGreaterThan(1_000);
  expect(seen.spelledOtherwise).toBeGreaterThan(10_000);
});
