/** A gate with ten thousand links, and as many requests as one likes by whoever has none of them, but knows how they are made. */
import { createHash } from 'node:crypto';
import { answerGateRequest, type GatePorts } from '../../../../core/distribution/gate/answer-gate-request';
import { createToken, TOKEN_LENGTH } from '../../../../core/distribution/link-token';
import type { Ledger } from '../../../../core/ports/ledger';
import { storageKey } from '../../../../core/storage-key';
import { idFromBytes } from '../../../../core/identifier';
import { distributionWith } from '../../../fakes/distributions';
import { createMemoryLedger } from '../../../fakes/ledger-memory';
import { createManualClock, createSeededRandomness } from '../../../fakes/manual-clock';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** What the eye, or a careless normalization, takes for a character of a token. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  A: 'Α', B: 'В', C: 'С', E: 'Е', H: 'Н', K: 'Κ', M: 'М', O: 'О', P: 'Р', T: 'Т', X: 'Х', Y: 'Ү', S: 'Ѕ', I: 'Ι', J: 'Ј', N: 'Ν', Z: 'Ζ',
  a: 'а', c: 'с', e: 'е', i: 'і', j: 'ј', o: 'ο', p: 'р', s: 'ѕ', x: 'х', y: 'у', '-': '‐', _: '＿', '0': '０', '1': '１', '8': '８', '9': '９',
}; // prettier-ignore

const sha256 = (text: string) => createHash('sha256').update(text);

interface Chance {
  below(limit: number): number;
  bytes(length: number): Uint8Array;
}

function chance(seed: string): Chance {
  const randomness = createSeededRandomness(seed);
  let pool = Buffer.alloc(0);
  let at = 0;
  const bytes = (length: number) => {
    if (at + length > pool.length) [pool, at] = [Buffer.from(randomness.bytes(262_144)), 0];
    at += length;
    return pool.subarray(at - length, at);
  };
  return { bytes, below: (limit) => bytes(4).readUInt32BE() % limit };
}

type Mutation = (token: string, random: Chance, others: { readonly token: string; readonly distId: string }) => string;

const replaced = (token: string, at: number, by: string) => token.slice(0, at) + by + token.slice(at + 1);
const percent = (text: string, isUpper = true) => {
  const hex = text.charCodeAt(0).toString(16).padStart(2, '0');
  return `%${isUpper ? hex.toUpperCase() : hex}`;
};

/** Of a token that opens a link to a target that must not. */
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'one bit': (token, random) => {
    const bytes = Buffer.from(token, 'base64url');
    const bit = random.below(bytes.length * 8);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return `/d/${bytes.toString('base64url')}`;
  },
  'one character': (token, random) => {
    const at = random.below(TOKEN_LENGTH);
    const other = ALPHABET.replace(token[at] ?? '', '');
    return `/d/${replaced(token, at, other[random.below(other.length)] ?? '')}`;
  },
  'another case': (token, random) => `/d/${[token.toUpperCase(), token.toLowerCase()][random.below(2)] ?? ''}`,
  'the case of one letter': (token, random) => {
    const letters = [...token].flatMap((letter, at) => (/[a-z]/i.test(letter) ? [at] : []));
    const at = letters[random.below(letters.length)] ?? 0;
    const letter = token[at] ?? '';
    return `/d/${replaced(token, at, letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase())}`;
  },
  'two characters exchanged': (token, random) => {
    const at = [...token].findIndex((letter, index) => index >= random.below(TOKEN_LENGTH - 2) && letter !== token[index + 1]);
    const first = at < 0 || at === TOKEN_LENGTH - 1 ? 0 : at;
    const swapped = token.slice(0, first) + (token[first + 1] ?? '') + (token[first] ?? '') + token.slice(first + 2);
    return `/d/${swapped === token ? `${token}A` : swapped}`;
  },
  'cut at the end': (token, random) => `/d/${token.slice(0, random.below(TOKEN_LENGTH))}`,
  'cut at the start': (token, random) => `/d/${token.slice(1 + random.below(TOKEN_LENGTH - 1))}`,
  'something behind it': (token, random) => `/d/${token}${'A'.repeat(1 + random.below(8))}`,
  'something before it': (token, random) => `/d/${ALPHABET[random.below(64)] ?? ''}${token}`,
  'padding of base64': (token, random) => `/d/${token}${['=', '==', '%3D', '%3d%3d'][random.below(4)] ?? ''}`,
  'the other base64': (token, random) => {
    const plain = token.replaceAll('-', '+').replaceAll('_', '/');
    return `/d/${plain === token ? replaced(token, random.below(TOKEN_LENGTH), '+') : plain}`;
  },
  'a character in percent': (token, random) => {
    const at = random.below(TOKEN_LENGTH);
    return `/d/${token.slice(0, at)}${percent(token[at] ?? '', random.below(2) === 0)}${token.slice(at + 1)}`;
  },
  'all of it in percent, once or twice': (token, random) => {
    const once = [...token].map((letter) => percent(letter)).join('');
    return `/d/${random.below(2) === 0 ? once : once.replaceAll('%', '%25')}`;
  },
  'a look-alike': (token, random) => {
    const places = [...token].flatMap((letter, at) => (LOOK_ALIKES[letter] === undefined ? [] : [at]));
    const at = places[random.below(places.length)] ?? 0;
    const alike = LOOK_ALIKES[token[at] ?? ''] ?? 'А';
    return `/d/${replaced(token, at, random.below(2) === 0 ? alike : encodeURIComponent(alike))}`;
  },
  'an invisible character': (token, random) => {
    const at = random.below(TOKEN_LENGTH + 1);
    const invisible = ['\u200b', '\u00ad', '\ufeff', '\u0301', ' ', '\t', '\n', '\r\n', '\0'][random.below(9)] ?? '';
    return `/d/${token.slice(0, at)}${random.below(2) === 0 ? invisible : encodeURIComponent(invisible)}${token.slice(at)}`;
  },
  'a path around it': (token, random) =>
    [
      `/d/x/../${token}`, `/d/../d/${token}`, `/d//${token}`, `//d/${token}`, `/./d/${token}`, `/d/./${token}`, `/d/%2e/${token}`,
      `/d/%2e%2e/d/${token}`, `/d%2f${token}`, `/d\\${token}`, `\\d\\${token}`, `/D/${token}`, `/d;v=1/${token}`, `/d/;/${token}`, `/${token}`,
      `d/${token}`, `/x/d/${token}`, `/e/${token}`, `/d/ ${token}`, `/d?/${token}`, `/d#/${token}`, `/d/?${token}`, `http:/d/${token}`,
      `http://h//d/${token}`, `http://h/../d/${token}`, `ftp://h/d/${token}`, `//h/d/${token}`, `*/d/${token}`,
    ][random.below(28)] ?? '', // prettier-ignore
  'a path behind it': (token, random) =>
    [`/d/${token}/x/..`, `/d/${token}//`, `/d/${token}/../${token}`, `/d/${token}/a/b`, `/d/${token}%2f`, `/d/${token};a`, `/d/${token}%00`, `/d/${token}.json`, `/d/${token}%23`, `/d/${token}%3f`, `/d/${token}\\`, `/d/${token},`][
      random.below(12)
    ] ?? '', // prettier-ignore
  'the digest under which it is kept': (token, random) =>
    [
      `/d/${sha256(token).digest('hex')}`, `/d/${sha256(token).digest('hex').slice(0, TOKEN_LENGTH)}`, `/d/${sha256(token).digest('base64url')}`,
      `/d/${sha256(token).digest().subarray(0, 24).toString('base64url')}`, `/d/../${storageKey.link(token)}`, `/${storageKey.link(token)}`,
    ][random.below(6)] ?? '', // prettier-ignore
  'what is known of the distribution': (_token, random, { distId }) =>
    [`/d/${distId}`, `/d/${distId}${distId}`, `/d/${Buffer.from(distId).toString('base64url')}`, `/d/${sha256(distId).digest('base64url').slice(0, TOKEN_LENGTH)}`, `/${storageKey.distributionRecord(distId)}`, `/d/${distId.padEnd(TOKEN_LENGTH, '0')}`][
      random.below(6)
    ] ?? '', // prettier-ignore
  'halves of two': (token, random, others) => {
    const at = 1 + random.below(TOKEN_LENGTH - 1);
    return `/d/${token.slice(0, at)}${others.token.slice(at)}`;
  },
  'each bit of two': (token, random, others) => {
    const [one, other] = [Buffer.from(token, 'base64url'), Buffer.from(others.token, 'base64url')];
    const how = random.below(3);
    const mixed = one.map((byte, at) =>
      how === 0 ? byte ^ (other[at] ?? 0) : how === 1 ? byte & (other[at] ?? 0) : byte | (other[at] ?? 0),
    );
    return `/d/${Buffer.from(mixed).toString('base64url')}`;
  },
  'two in one': (token, _random, others) => `/d/${token}${others.token}`,
  'the next number': (token, random) => {
    const bytes = Buffer.from(token, 'base64url');
    const value = BigInt(`0x${bytes.toString('hex')}`) + BigInt(1 + random.below(1_000)) * (random.below(2) === 0 ? 1n : -1n);
    return `/d/${Buffer.from(BigInt.asUintN(192, value).toString(16).padStart(48, '0'), 'hex').toString('base64url')}`;
  },
  backwards: (token) => `/d/${[...token].reverse().join('')}`,
  'a guess': (_token, random) => `/d/${Buffer.from(random.bytes(24)).toString('base64url')}`,
  'a name of every object': (_token, random) =>
    `/d/${['__proto__', 'constructor', 'toString', '0', 'null', 'undefined', 'true'][random.below(7)] ?? ''}`,
};

interface LinkFarm {
  readonly links: readonly { readonly token: string; readonly distId: string }[];
  /** @returns whether anything at all of a distribution came of it */
  ask(target: string): Promise<{ readonly isAccepted: boolean; readonly isLookedUp: boolean }>;
}

/** Live links, each of a distribution of its own. What the ledger keeps is what `distribute` writes. */
async function farmOf(count: number, seed: string): Promise<LinkFarm> {
  const randomness = createSeededRandomness(seed);
  const memory = createMemoryLedger();
  const links: { token: string; distId: string }[] = [];
  for (let made = 0; made < count; made++) {
    const token = createToken(randomness);
    const distId = idFromBytes(randomness.bytes(10));
    await memory.create(storageKey.distributionRecord(distId), distributionWith({ distId }));
    await memory.create(storageKey.link(token), { schemaVersion: 1, distId });
    links.push({ token, distId });
  }
  let lookups = 0;
  const ledger: Ledger = { ...memory, read: (key) => ((lookups += 1), memory.read(key)) };
  const ports: GatePorts = { ledger, clock: createManualClock('2026-03-02T00:00:00Z'), randomness: quick(), rangesEnforcedBy: 'gate' };
  return {
    links,
    async ask(target) {
      const before = lookups;
      const { answer, entry } = await answerGateRequest(ports, { method: 'HEAD', target, headers: {}, callerAddress: '203.0.113.7' });
      const isNothing = entry.reason === 'unknown' || entry.reason === 'not-found' || entry.reason === 'target-too-long';
      const isAccepted = !isNothing || entry.distId !== undefined || answer.status < 400;
      return { isAccepted, isLookedUp: lookups > before };
    },
  };
}

/** References are no secret: they need not be dear. */
function quick() {
  let count = 0;
  return {
    bytes: (length: number) => {
      const bytes = Buffer.alloc(length);
      bytes.writeUInt32BE((count += 1), length - 4);
      return Uint8Array.from(bytes);
    },
    uuid: () => '',
  };
}

interface Forgeries {
  readonly asked: number;
  /** Shaped like a token, so that only the ledger could tell. */
  readonly lookedUp: number;
  /** With how each was made. */
  readonly accepted: readonly string[];
  readonly perMutation: ReadonlyMap<string, number>;
}

/** Asks `count` times with something that is none of the farm's links. */
async function forge(farm: LinkFarm, count: number, seed: string): Promise<Forgeries> {
  const random = chance(seed);
  const genuine = new Set(farm.links.map(({ token }) => token));
  const mutations = Object.entries(MUTATIONS);
  const accepted: string[] = [];
  const perMutation = new Map<string, number>();
  let [asked, lookedUp] = [0, 0];
  for (let at = 0; asked < count; at++) {
    const [name = '', mutate = () => ''] = mutations[at % mutations.length] ?? [];
    const link = farm.links[random.below(farm.links.length)];
    const others = farm.links[random.below(farm.links.length)];
    if (link === undefined || others === undefined) throw new Error('there are no links');
    const target = mutate(link.token, random, others);
    // What came out unchanged, such as the lower case of a token without letters, is no forgery.
    if (genuine.has(target.slice('/d/'.length))) continue;
    asked += 1;
    perMutation.set(name, (perMutation.get(name) ?? 0) + 1);
    const outcome = await farm.ask(target);
    if (outcome.isLookedUp) lookedUp += 1;
    if (outcome.isAccepted) accepted.push(`${name}: ${JSON.stringify(target)} of ${link.token}`);
  }
  return { asked, lookedUp, accepted, perMutation };
}

/** Ten thousand links, `count` forgeries of which none may open one, and then every link itself. */
export async function expectNoneAccepted(count: number): Promise<void> {
  const seed = `tokens ${jest.getSeed()}`;
  const farm = await farmOf(10_000, seed);
  const { asked, lookedUp, accepted, perMutation } = await forge(farm, count, seed);
  expect({ seed, accepted }).toEqual({ seed, accepted: [] });
  expect(asked).toBe(count);
  // Each kind had its share, and a good part could only be told by what is kept.
  const kinds = Object.keys(MUTATIONS);
  expect([...perMutation.keys()].sort()).toEqual([...kinds].sort());
  for (const [, times] of perMutation) expect(times).toBeGreaterThan(count / kinds.length / 2);
  expect(lookedUp).toBeGreaterThan(count / 4);
  let working = 0;
  for (const { token } of farm.links) if ((await farm.ask(`/d/${token}`)).isAccepted) working += 1;
  expect(working).toBe(farm.links.length);
}
