/**
 * Keeps the house in order: which folder may import which, who may touch the system,
 * that every error code is thrown, and that names say what a file owns.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ERROR_CODES } from '../core/slipway-error';

const root = path.join(__dirname, '..');

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  toolchain: ['core'],
  builder: ['core', 'toolchain'],
  local: ['core', 'toolchain'],
  cli: ['core'],
  aws: ['core'],
  lambda: ['core', 'aws'],
  lib: ['core', 'lambda'],
  buildspecs: ['core'],
  bin: ['core', 'toolchain', 'builder', 'buildspecs', 'local', 'cli', 'aws', 'lib'],
};

/** What only the named files may import: everything else goes through a port. */
const GUARDED_MODULES: Readonly<Record<string, RegExp>> = {
  'node:child_process': /^local\/machine\/processes-node\.ts$/,
  'node:http': /^local\/distribution\/gate-server\.ts$/,
  undici: /^local\/machine\/(downloads-undici(-transport)?|uploads-undici)\.ts$/,
  'aws-cdk-lib': /^(lib\/|bin\/app\.ts$)/,
  '@aws-sdk/': /^aws\//,
};

/** Pure modules of Node that the domain may use: they compute, and touch nothing. */
const PURE_NODE_MODULES: ReadonlySet<string> = new Set([
  'node:crypto',
  'node:path',
  'node:path/posix',
  'node:net',
  'node:url',
  'node:util',
]);

interface Source {
  readonly file: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly { readonly specifier: string; readonly isTypeOnly: boolean }[];
}

function filesBelow(folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return []; // A room that is not built yet.
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(file) : file.endsWith('.ts') ? [file] : [];
  });
}

function readSource(file: string): Source {
  const text = readFileSync(path.join(root, file), 'utf8');
  const statements = [...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm)];
  const dynamic = [...text.matchAll(/\bimport\('([^']+)'\)/g)];
  return {
    file,
    folder: file.split('/')[0] ?? '',
    text,
    imports: [
      ...statements.map((match) => ({ specifier: match[2] ?? '', isTypeOnly: match[1] !== undefined })),
      ...dynamic.map((match) => ({ specifier: match[1] ?? '', isTypeOnly: false })),
    ],
  };
}

const sources = Object.keys(MAY_IMPORT).flatMap(filesBelow).map(readSource);

function folderOf(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier)).split('/')[0];
}

test('the sources are found', () => {
  expect(sources.length).toBeGreaterThan(30);
});

test('imports point one way', () => {
  const wrong = sources.flatMap((source) =>
    source.imports.flatMap(({ specifier }) => {
      const target = folderOf(source.file, specifier);
      const isAllowed = target === undefined || target === source.folder || MAY_IMPORT[source.folder]?.includes(target);
      return isAllowed === true ? [] : [`${source.file} imports ${specifier}`];
    }),
  );
  expect(wrong).toEqual([]);
});

test('no two files import each other, be it by a third and for types alone', () => {
  const files = new Set(sources.map((source) => source.file));
  const imported = new Map(
    sources.map((source) => [
      source.file,
      source.imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => `${path.posix.join(path.posix.dirname(source.file), specifier)}.ts`)
        .filter((file) => files.has(file)),
    ]),
  );
  expect([...files].flatMap((file) => circleFrom(file, imported)).slice(0, 1)).toEqual([]);
});

test.each(['builder', 'toolchain', 'cli', 'core/build', 'core/distribution'])('no two rooms of %s import each other', (folder) => {
  const roomOf = (file: string) => {
    const [room, below] = file.startsWith(`${folder}/`) ? file.slice(folder.length + 1).split('/') : [];
    return below === undefined ? undefined : room;
  };
  const doors = new Map<string, readonly string[]>();
  for (const { file, imports } of sources) {
    const room = roomOf(file);
    if (room === undefined) continue;
    const entered = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => roomOf(path.posix.join(path.posix.dirname(file), specifier)))
      .filter((other) => other !== undefined && other !== room);
    doors.set(room, [...(doors.get(room) ?? []), ...(entered as string[])]);
  }
  expect(doors.size).toBeGreaterThan(2);
  expect([...doors.keys()].flatMap((room) => circleFrom(room, doors)).slice(0, 1)).toEqual([]);
});

/** The way from `start` back to itself, where there is one. */
function circleFrom(start: string, imported: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const cameFrom = new Map<string, string>();
  const open = [start];
  for (let file = open.shift(); file !== undefined; file = open.shift()) {
    for (const next of imported.get(file) ?? []) {
      if (next === start) return [wayTo(file, start, cameFrom)];
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      open.push(next);
    }
  }
  return [];
}

function wayTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string {
  const way = [start];
  for (let file: string | undefined = end; file !== undefined && file !== start; file = cameFrom.get(file)) way.unshift(file);
  return [start, ...way].join(' -> ');
}

test('the domain imports nothing that reaches outside', () => {
  const wrong = sources
    .filter((source) => source.folder === 'core')
    .flatMap((source) =>
      source.imports
        .filter(({ specifier, isTypeOnly }) => specifier.startsWith('node:') && !isTypeOnly && !PURE_NODE_MODULES.has(specifier))
        .map(({ specifier }) => `${source.file} imports ${specifier}`),
    );
  expect(wrong).toEqual([]);
});

test('the domain, the builder and the toolchain read no clock, chance or environment of their own', () => {
  const forbidden = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.(env|platform|cwd|arch)\b|\brandomUUID\(|\brandomBytes\(/;
  const wrong = sources
    .filter((source) => ['core', 'builder', 'toolchain'].includes(source.folder))
    .filter((source) => forbidden.test(source.text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '')))
    .map((source) => source.file);
  expect(wrong).toEqual([]);
});

test.each(Object.entries(GUARDED_MODULES))('%s is imported by its adapter alone', (module, adapter) => {
  const importers = sources
    .filter((source) =>
      source.imports.some(
        ({ specifier, isTypeOnly }) => (specifier === module || specifier.startsWith(module.replace(/\/?$/, '/'))) && !isTypeOnly,
      ),
    )
    .map((source) => source.file);
  expect(importers.filter((file) => !adapter.test(file))).toEqual([]);
});

test('only ports write files', () => {
  const writing = /\b(writeFile|writeFileSync|createWriteStream|appendFile|mkdirSync|rmSync|unlinkSync|renameSync)\(/;
  const wrong = sources
    .filter((source) => writing.test(source.text) && source.file !== 'local/machine/files-node.ts')
    .map((source) => source.file);
  expect(wrong).toEqual([]);
});

test('every error code is thrown somewhere, and no other is', () => {
  const everything = sources
    .filter((source) => source.file !== 'core/slipway-error.ts')
    .map((source) => source.text)
    .join('\n');
  const unused = Object.keys(ERROR_CODES).filter((code) => !everything.includes(`'${code}'`) && code !== 'internal');
  expect(unused).toEqual([]);
});

test('a file that a page or a comment names is there', () => {
  const folders = ['bench', 'scripts', 'test', ...Object.keys(MAY_IMPORT)].join('|');
  const named = new RegExp(`(?<![\\w./-])(?:${folders})/[\\w/.-]+\\.(?:ts|mjs|json|yml)\\b`, 'g');
  const pages = ['README.md', ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((page) => `docs/${page}`)]
    .filter((page) => page.endsWith('.md'))
    .map((page) => ({ file: page, text: readFileSync(path.join(root, page), 'utf8') }));
  const comments = sources.map(({ file, text }) => ({ file, text: (text.match(/\/\*[^]*?\*\/|\/\/.*$/gm) ?? []).join('\n') }));
  const gone = [...pages, ...comments].flatMap(({ file, text }) =>
    [...text.matchAll(named)].filter(([name]) => !existsSync(path.join(root, name))).map(([name]) => `${file} names ${name}`),
  );
  expect(gone).toEqual([]);
});

test('names say what a file owns', () => {
  const vague = /(^|[-/])(utils?|helpers?|common|shared|misc|manager|impl|index)\.ts$/;
  expect(sources.map((source) => source.file).filter((file) => vague.test(file) || !/^[a-z0-9/.-]+$/.test(file))).toEqual([]);
});

test('every file says at its head what it owns', () => {
  const headless = sources.filter((source) => !/^(#![^\n]*\n)?\/\*\*/.test(source.text)).map((source) => source.file);
  expect(headless).toEqual([]);
});

test('no barrels: a file that only passes on is none', () => {
  const barrels = sources.filter((source) => {
    const code = source.text.replace(/\/\*[^]*?\*\//g, '').trim();
    return code !== '' && code.split('\n').every((line) => /^(export .* from |\s*$)/.test(line));
  });
  expect(barrels.map((source) => source.file)).toEqual([]);
});
