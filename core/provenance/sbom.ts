/**
 * Owns the list of what is in an archive: CycloneDX 1.6 as JSON (ECMA-424, https://cyclonedx.org/docs/1.6/json/).
 * Pure, and the same bytes for the same content: its serial number is made of what it says, its time is the source's.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json';

export const SBOM_SUFFIX = '.cdx.json';

export interface SbomLicense {
  /** An SPDX expression, where the part itself says it as one. */
  readonly expression?: string;
  /** Otherwise what it says. */
  readonly names?: readonly string[];
}

/** Where a part can be had, and the digest of that very file. */
export interface SbomDistribution {
  readonly url: string;
  readonly hashes: readonly SbomHash[];
}

/** `alg` as CycloneDX spells it, `content` in lower-case hex. */
export interface SbomHash {
  readonly alg: 'SHA-256' | 'SHA-384' | 'SHA-512' | 'SHA-1';
  readonly content: string;
}

/** Something that ships beside the application itself. */
export interface SbomPart {
  /** Unique in the list: its package URL, or its path. */
  readonly ref: string;
  readonly type: 'library' | 'application' | 'platform' | 'file';
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly license?: SbomLicense;
  readonly purl?: string;
  /** What the national vulnerability database calls it, for what is in no package index. */
  readonly cpe?: string;
  readonly hashes?: readonly SbomHash[];
  readonly homepage?: string;
  readonly distribution?: SbomDistribution;
  /** Refs of parts that it needs; those that are not in the list are left out. */
  readonly dependsOn: readonly string[];
  /** Facts that CycloneDX has no field for, below `slipway:`. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** One file or link of the archive. */
export interface SbomFile {
  /** Below the archive's one folder, forward slashes. */
  readonly path: string;
  /** Absent for a link. */
  readonly sha256?: string;
  /** A library or an executable of machine code. */
  readonly isNative: boolean;
  /** The part that it belongs to; absent: the application. */
  readonly owner?: string;
}

/** A part inside of a file: compiled into it, bundled or packed. */
export interface SbomInside {
  readonly owner: string;
  readonly path: string;
  readonly symbol?: string;
}

export interface SbomTool {
  readonly name: string;
  readonly version: string;
}

export interface SbomFacts {
  readonly application: {
    readonly name: string;
    readonly version: string;
    readonly publisher?: string;
    readonly description?: string;
    readonly license?: string;
    readonly homepage?: string;
  };
  readonly archive: { readonly file: string; readonly sha256: string };
  readonly parts: readonly SbomPart[];
  readonly files: readonly SbomFile[];
  readonly inside: readonly SbomInside[];
  readonly tools: readonly SbomTool[];
  /** Seconds since 1970, of the source's commit; absent where none is known, because then no time would be true. */
  readonly epochSeconds?: number;
}

type Json = Readonly<Record<string, unknown>>;

const APPLICATION_REF = 'application';

/** The text of the document, with a line end. */
export function sbomText(facts: SbomFacts): string {
  const document = documentOf(facts);
  const serialNumber = `urn:uuid:${uuidOf(canonicalJson(document))}`;
  const { bomFormat, specVersion, ...rest } = document;
  return `${JSON.stringify({ $schema: SCHEMA, bomFormat, specVersion, serialNumber, ...rest }, null, 2)}\n`;
}

const SCHEMA = 'http://cyclonedx.org/schema/bom-1.6.schema.json';

function documentOf(facts: SbomFacts): Json {
  const parts = [...new Map(facts.parts.map((part) => [part.ref, part])).values()].sort((a, b) => compare(a.ref, b.ref));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      ...(facts.epochSeconds === undefined ? {} : { timestamp: new Date(facts.epochSeconds * 1000).toISOString() }),
      // Made while the program was built, from what the build took: https://cyclonedx.org/docs/1.6/json/#metadata_lifecycles
      lifecycles: [{ phase: 'build' }],
      tools: { components: facts.tools.map(({ name, version }) => ({ type: 'application', name, version })) },
      component: applicationOf(facts),
    },
    components: parts.map((part) => componentOf(part, facts)),
    dependencies: dependenciesOf(parts),
    compositions: [
      // Every file is named; of what stands behind a compiled part only its own word is known.
      { aggregate: 'complete', assemblies: [APPLICATION_REF] },
      { aggregate: 'unknown', dependencies: [APPLICATION_REF] },
    ],
  };
}

function applicationOf({ application, archive, files }: SbomFacts): Json {
  const { name, version, publisher, description, license, homepage } = application;
  return {
    'bom-ref': APPLICATION_REF,
    type: 'application',
    name,
    version,
    ...(publisher === undefined ? {} : { publisher }),
    ...(description === undefined ? {} : { description }),
    hashes: [sha256(archive.sha256)],
    ...(license === undefined ? {} : { licenses: licensesOf({ names: [license] }) }),
    ...(homepage === undefined ? {} : { externalReferences: [{ type: 'website', url: homepage }] }),
    ...placesOf(undefined, files, []),
    properties: propertiesOf({ archive: archive.file }),
  };
}

function componentOf(part: SbomPart, { files, inside }: SbomFacts): Json {
  const { ref, type, name, version, description, license, purl, cpe, hashes = [], homepage, distribution, properties } = part;
  const licenses = license === undefined ? [] : licensesOf(license);
  const references = [
    ...(homepage === undefined ? [] : [{ type: 'website', url: homepage }]),
    ...(distribution === undefined ? [] : [{ type: 'distribution', url: distribution.url, hashes: distribution.hashes }]),
  ];
  return {
    'bom-ref': ref,
    type,
    name,
    ...(version === undefined ? {} : { version }),
    ...(description === undefined ? {} : { description }),
    ...(hashes.length === 0 ? {} : { hashes }),
    ...(licenses.length === 0 ? {} : { licenses }),
    ...(cpe === undefined ? {} : { cpe }),
    ...(purl === undefined ? {} : { purl }),
    ...(references.length === 0 ? {} : { externalReferences: references }),
    ...placesOf(ref, files, inside),
    ...(properties === undefined ? {} : { properties: propertiesOf(properties) }),
  };
}

/** Every file of a part by its place; machine code besides as a component of its own, with its digest. */
function placesOf(owner: string | undefined, files: readonly SbomFile[], inside: readonly SbomInside[]): Json {
  const own = files.filter((file) => file.owner === owner).sort((a, b) => compare(a.path, b.path));
  const hidden = owner === undefined ? [] : inside.filter((each) => each.owner === owner);
  const occurrences = [
    ...own.map(({ path }) => ({ location: path })),
    ...hidden.map(({ path, symbol }) => ({ location: path, ...(symbol === undefined ? {} : { symbol }) })),
  ];
  const distinct = [...new Map(occurrences.map((each) => [JSON.stringify(each), each])).values()];
  const native = own.flatMap(({ path, sha256: digest, isNative }) =>
    isNative && digest !== undefined ? [{ 'bom-ref': `file:${path}`, type: 'file', name: path, hashes: [sha256(digest)] }] : [],
  );
  return {
    ...(native.length === 0 ? {} : { components: native }),
    ...(distinct.length === 0 ? {} : { evidence: { occurrences: distinct } }),
  };
}

/** The application needs what nobody else asks for, so that every part hangs on it. */
function dependenciesOf(parts: readonly SbomPart[]): readonly Json[] {
  const known = new Set(parts.map(({ ref }) => ref));
  const neededBy = parts.map(({ ref, dependsOn }) => ({
    ref,
    dependsOn: [...new Set(dependsOn)].filter((each) => known.has(each) && each !== ref),
  }));
  const reached = reachable(neededBy);
  const roots = parts.map(({ ref }) => ref).filter((ref) => !reached.has(ref));
  return [
    { ref: APPLICATION_REF, dependsOn: roots.sort(compare) },
    ...neededBy.map(({ ref, dependsOn }) => (dependsOn.length === 0 ? { ref } : { ref, dependsOn: dependsOn.sort(compare) })),
  ];
}

/** What hangs on an earlier part; of a circle that nobody else asks for its first part is left for the application. */
function reachable(graph: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]): ReadonlySet<string> {
  const edges = new Map(graph.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const asked = new Set(graph.flatMap(({ dependsOn }) => dependsOn));
  const seen = new Set<string>();
  const below = new Set<string>();
  const visit = (ref: string): void => {
    for (const next of edges.get(ref) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      below.add(next);
      visit(next);
    }
  };
  const starts = [...graph.filter(({ ref }) => !asked.has(ref)), ...graph];
  for (const { ref } of starts) {
    if (seen.has(ref)) continue;
    seen.add(ref);
    visit(ref);
  }
  return below;
}

function licensesOf({ expression, names = [] }: SbomLicense): readonly Json[] {
  if (expression !== undefined) return [{ expression }];
  return names.map((name) => ({ license: { name } }));
}

function propertiesOf(properties: Readonly<Record<string, string>>): readonly Json[] {
  return Object.entries(properties)
    .sort(([a], [b]) => compare(a, b))
    .map(([name, value]) => ({ name: `slipway:${name}`, value }));
}

function sha256(content: string): SbomHash {
  return { alg: 'SHA-256', content };
}

/** RFC 9562, version 8: 122 bits of our own choosing, here of the digest of the text. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes.writeUInt8(((bytes[6] ?? 0) & 0x0f) | 0x80, 6);
  bytes.writeUInt8(((bytes[8] ?? 0) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
