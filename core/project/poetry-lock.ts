/**
 * Owns reading poetry.lock: what is locked, whether pyproject.toml has moved on since, and the same as requirements with hashes.
 * Formats 2.0 (Poetry 1.5 to 1.8) and 2.1 (Poetry 2): https://github.com/python-poetry/poetry, src/poetry/packages/locker.py
 */
import { createHash } from 'node:crypto';
import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';
import { normalizePackageName } from '../host/index-page';
import { SlipwayError } from '../slipway-error';

const SourceSchema = z.object({
  type: z.string(),
  url: z.string(),
  reference: z.string().optional(),
  resolved_reference: z.string().optional(),
  subdirectory: z.string().optional(),
});

const PackageSchema = z.object({
  name: z.string(),
  version: z.string(),
  optional: z.boolean().default(false),
  files: z.array(z.object({ file: z.string(), hash: z.string() })).default([]),
  /** Only in format 2.1. */
  groups: z.array(z.string()).optional(),
  /** One marker, or one for each group. */
  markers: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
  source: SourceSchema.optional(),
});

const PoetryLockSchema = z.object({
  package: z.array(PackageSchema).default([]),
  metadata: z.object({ 'lock-version': z.string(), 'content-hash': z.string() }),
});

type LockedPackage = z.infer<typeof PackageSchema>;

export interface PoetryLock {
  readonly formatVersion: string;
  readonly contentHash: string;
  readonly packages: readonly LockedPackage[];
}

/** @throws SlipwayError `lock-unsupported` for another format */
export function parsePoetryLock(text: string): PoetryLock {
  const parsed = PoetryLockSchema.safeParse(readToml(text, 'poetry.lock'));
  const formatVersion = parsed.data?.metadata['lock-version'] ?? '';
  if (parsed.data === undefined || !/^2\.[01]$/.test(formatVersion)) {
    throw new SlipwayError('lock-unsupported', `poetry.lock has the format '${formatVersion}', and 2.0 and 2.1 can be read`, {
      hint: 'write it anew with Poetry 1.5 or later: poetry lock',
    });
  }
  return { formatVersion, contentHash: parsed.data.metadata['content-hash'], packages: parsed.data.package };
}

function readToml(text: string, name: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw new SlipwayError('lock-unsupported', `${name} is no TOML: ${cause.message.split('\n')[0] ?? ''}`, {
      hint: `look at line ${cause.line} of ${name}`,
      cause,
    });
  }
}

const LEGACY_KEYS = ['dependencies', 'source', 'extras', 'dev-dependencies'] as const;
const PROJECT_KEYS = ['requires-python', 'dependencies', 'optional-dependencies'] as const;

/** Whether the lock was written for this pyproject.toml: Poetry hashes the tables that matter, in a way that changed between its versions. */
export function isPoetryLockFresh(lock: PoetryLock, pyprojectText: string): boolean {
  const pyproject = readToml(pyprojectText, 'pyproject.toml');
  return [true, false].some((hasGroups) => contentHash(pyproject, hasGroups) === lock.contentHash);
}

function contentHash(pyproject: Record<string, unknown>, hasGroups: boolean): string {
  const tool = tableOf(tableOf(pyproject.tool).poetry);
  const project = picked(tableOf(pyproject.project), PROJECT_KEYS);
  const groups = hasGroups ? tableOf(pyproject['dependency-groups']) : {};
  const isModern = Object.keys(project).length > 0 || Object.keys(groups).length > 0;
  // Without [project] a legacy key that is absent counts as null.
  const legacy = isModern ? picked(tool, LEGACY_KEYS) : Object.fromEntries(LEGACY_KEYS.map((key) => [key, tool[key] ?? null]));
  const poetry = { ...legacy, ...picked(tool, ['group']) };
  const relevant = isModern
    ? {
        ...(Object.keys(project).length > 0 ? { project } : {}),
        ...(Object.keys(groups).length > 0 ? { 'dependency-groups': groups } : {}),
        tool: { poetry },
      }
    : poetry;
  return createHash('sha256').update(pythonJson(relevant)).digest('hex');
}

function tableOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function picked(table: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => table[key] !== undefined).map((key) => [key, table[key]]));
}

/** As Python's `json.dumps(value, sort_keys=True)` writes it. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${pythonJson(key)}: ${pythonJson(entry)}`).join(', ')}}`;
  }
  return JSON.stringify(value).replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export interface PoetrySelection {
  readonly extras: readonly string[];
  readonly groups: readonly string[];
  /** Relative paths of the lock become file: URLs below it. */
  readonly fileUrl: (relativePath: string) => string;
}

export interface LockedRequirements {
  /** Lines of a requirements file. */
  readonly text: string;
  readonly areAllHashed: boolean;
  /** Private indexes that the lock names. */
  readonly indexes: readonly { readonly name: string; readonly url: string }[];
  /**
   * Whether `text` is what to install. Format 2.0 does not say which group needs a package: then `text` only pins versions,
   * and pyproject.toml says what is needed.
   */
  readonly isSelection: boolean;
}

/** @throws SlipwayError `lock-unsupported` for groups with format 2.0, and for a package locked twice there */
export function poetryRequirements(lock: PoetryLock, selection: PoetrySelection): LockedRequirements {
  const isSelection = lock.formatVersion !== '2.0';
  if (!isSelection) refuseOldLimits(lock, selection);
  const wanted = new Set(['main', ...selection.groups].map(normalizePackageName));
  const extras = new Set(selection.extras.map(normalizePackageName));
  const chosen = lock.packages.flatMap((locked) => {
    if (!isSelection) return [{ locked, marker: '' }];
    const groups = (locked.groups ?? ['main']).filter((group) => wanted.has(normalizePackageName(group)));
    return groups.length === 0 ? [] : [{ locked, marker: resolveExtras(markerOf(locked, groups), extras) }];
  });
  const indexes = new Map(
    chosen.flatMap(({ locked }) =>
      locked.source?.type === 'legacy' ? [[locked.source.url, locked.source.reference ?? 'private'] as const] : [],
    ),
  );
  return {
    text: chosen.map(({ locked, marker }) => requirementOf(locked, marker, selection)).join(''),
    areAllHashed: chosen.every(({ locked }) => locked.files.length > 0 && (locked.source === undefined || locked.source.type === 'legacy')),
    indexes: [...indexes].map(([url, name]) => ({ name, url })),
    isSelection,
  };
}

function refuseOldLimits(lock: PoetryLock, { groups }: PoetrySelection): void {
  const names = lock.packages.map(({ name }) => normalizePackageName(name));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (groups.length === 0 && twice === undefined) return;
  const what =
    groups.length > 0 ? `which package the group '${groups[0] ?? ''}' needs` : `which version of '${twice ?? ''}' is for this platform`;
  throw new SlipwayError('lock-unsupported', `poetry.lock of the format 2.0 does not say ${what}`, {
    hint: 'write it anew with Poetry 2: poetry lock',
  });
}

/** A package in several groups is needed where any of their markers holds. */
function markerOf(locked: LockedPackage, groups: readonly string[]): string {
  const { markers } = locked;
  if (markers === undefined || typeof markers === 'string') return markers ?? '';
  const each = groups.map((group) => markers[group] ?? '');
  return each.includes('') ? '' : each.map((marker) => `(${marker})`).join(' or ');
}

const ALWAYS = 'python_version >= "3"';
const NEVER = 'python_version < "3"';

/** A requirement outside a package knows no extras, so each question for one is answered here. */
function resolveExtras(marker: string, extras: ReadonlySet<string>): string {
  return marker.replace(
    /extra\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)')|(?:"([^"]*)"|'([^']*)')\s*(==|!=)\s*extra/g,
    (_, operator?: string, a?: string, b?: string, c?: string, d?: string, turned?: string) =>
      extras.has(normalizePackageName(a ?? b ?? c ?? d ?? '')) === ((operator ?? turned) === '==') ? ALWAYS : NEVER,
  );
}

function requirementOf(locked: LockedPackage, marker: string, selection: PoetrySelection): string {
  const suffix = marker === '' ? '' : ` ; ${marker}`;
  const { source } = locked;
  switch (source?.type) {
    case 'git':
      return `${locked.name} @ ${gitUrl(source.url)}@${source.resolved_reference ?? source.reference ?? 'HEAD'}${subdirectoryOf(source)}${suffix}\n`;
    case 'url':
      return `${locked.name} @ ${source.url}${subdirectoryOf(source)}${suffix}\n`;
    case 'file':
    case 'directory':
      return `${locked.name} @ ${selection.fileUrl(source.url)}${suffix}\n`;
    default: {
      const hashes = locked.files.map(({ hash }) => ` \\\n    --hash=${hash}`).join('');
      return `${locked.name}==${locked.version}${suffix}${hashes}\n`;
    }
  }
}

function subdirectoryOf(source: z.infer<typeof SourceSchema>): string {
  return source.subdirectory === undefined ? '' : `#subdirectory=${source.subdirectory}`;
}

/** `git@host:owner/name.git` is ssh in git's short spelling. */
function gitUrl(url: string): string {
  const short = /^([\w.-]+@[\w.-]+):(?!\/)(.+)$/.exec(url);
  return short === null ? `git+${url}` : `git+ssh://${short[1] ?? ''}/${short[2] ?? ''}`;
}
