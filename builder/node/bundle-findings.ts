/** Owns the judgement of a bundle: what keeps it from working, and what a person should know. Pure. */
import type { JobNode } from '../../core/job/job';
import { SlipwayError } from '../../core/slipway-error';
import { isOfNode, isPackageName, packageNameOf, type BundleContent } from './bundle-content';
import type { BundleMessage } from './bundle-log';

interface Subject {
  readonly name: string;
  readonly node: Pick<JobNode, 'external' | 'dynamic' | 'dependencies'>;
}

/** Messages that esbuild would pass over: an import by a name that is known at run time alone. */
const DYNAMIC: ReadonlySet<string> = new Set(['unsupported-require-call', 'unsupported-dynamic-import', 'indirect-require']);

/** @returns the error that all messages of one kind make together; undefined where none is in the way */
export function bundleProblem(messages: readonly BundleMessage[], subject: Subject): SlipwayError | undefined {
  const errors = messages.filter(({ kind }) => kind === 'error');
  const unresolved = errors.flatMap((message) => {
    const wanted = /^Could not resolve "([^"]+)"/.exec(message.text)?.[1];
    return wanted === undefined ? [] : [{ ...message, wanted }];
  });
  const addons = unresolved.filter(({ wanted }) => wanted.endsWith('.node'));
  if (addons.length > 0) {
    const reasonOf = (wanted: string) => `it loads the addon ${wanted.split('/').at(-1) ?? wanted}`;
    return nativeAddon(
      subject.name,
      addons.map(({ wanted, file = '' }) => ({ name: packageNameOf(file), reason: reasonOf(wanted) })),
    );
  }
  if (unresolved.length > 0) return unresolvedImport(unresolved, subject);
  const [first] = errors;
  if (first !== undefined) return syntaxError(first, errors.length);
  const dynamic = messages.filter(
    ({ id, file }) => id !== undefined && DYNAMIC.has(id) && !(subject.node.dynamic ?? []).includes(packageNameOf(file ?? '')),
  );
  return dynamic.length === 0 ? undefined : dynamicImport(dynamic, subject);
}

function placeOf({ file, line }: BundleMessage): string {
  return file === undefined ? 'the program' : line === undefined ? file : `${file}:${line}`;
}

function unresolvedImport(unresolved: readonly (BundleMessage & { readonly wanted: string })[], { name, node }: Subject): SlipwayError {
  const told = unresolved.map((message) => `'${message.wanted}' of ${placeOf(message)}`);
  const [first] = unresolved;
  const wanted = first?.wanted ?? '';
  const isPackage = isPackageName(wanted);
  const dev = isPackage && node.dependencies?.dev !== true ? `, or set node.dependencies.dev where it is one of devDependencies` : '';
  return new SlipwayError('dependency-unresolved', `nothing is found for ${[...new Set(told)].join(', ')}`, {
    hint: isPackage
      ? `npm install ${wanted}${dev}; where the program gets along without, list it under binaries.${name}.node.external`
      : 'correct the import; files that git ignores are brought in by source.include',
    details: { unresolved: unresolved.map(({ wanted: what, file, line }) => ({ wanted: what, file, line })) },
  });
}

function syntaxError(first: BundleMessage, count: number): SlipwayError {
  const others = count > 1 ? ` (and ${count - 1} more)` : '';
  return new SlipwayError('entry-syntax', `esbuild refuses '${placeOf(first)}': ${first.text}${others}`, {
    hint: 'correct it; esbuild shows the line in the log',
    details: { file: first.file, line: first.line },
  });
}

function dynamicImport(dynamic: readonly BundleMessage[], { name }: Subject): SlipwayError {
  const packages = [...new Set(dynamic.map(({ file }) => packageNameOf(file ?? '')))].sort();
  const told = dynamic.map(placeOf);
  return new SlipwayError(
    'import-dynamic',
    `a bundle holds what is imported by name, and a name is computed at run time in ${told.slice(0, 5).join(', ')}${told.length > 5 ? ` and ${told.length - 5} more places` : ''}`,
    {
      hint: `import by literal names; where such an import is never reached or asks for modules of Node alone, say so: binaries.${name}.node.dynamic: [${packages.map((each) => `"${each}"`).join(', ')}]`,
      details: { places: told, packages },
    },
  );
}

/** @param entry the text of the main file */
export function bundleWarnings(content: BundleContent, { name, node, entry }: Subject & { readonly entry: string }): readonly string[] {
  const missing = new Map<string, string>();
  for (const { wanted, importer } of content.leftOut) {
    const isKnown = isOfNode(wanted) || (node.external ?? []).some((each) => wanted === each || wanted.startsWith(`${each}/`));
    if (!isKnown) missing.set(wanted, packageNameOf(importer));
  }
  const asked = [...missing].map(([wanted, importer]) => `${wanted}${importer === '.' ? '' : ` of ${importer}`}`).sort();
  return [
    ...(asked.length === 0
      ? []
      : [`'${name}' is bundled without what is not installed: ${asked.join(', ')}; list it under node.external where that is meant`]),
    ...(/require\.main\s*={2,3}\s*module|module\s*={2,3}\s*require\.main/.test(entry)
      ? [`'${name}' asks whether require.main is its own module, and in a bundle it is not: call its main function without asking`]
      : []),
  ];
}

/** What is said of packages that need machine code. */
export function nativeAddon(binary: string, native: readonly { readonly name: string; readonly reason: string }[]): SlipwayError {
  const told = native.map(({ name, reason }) => `'${name}' (${reason})`).join(', ');
  const [first] = native;
  return new SlipwayError('native-addon', `'${binary}' needs machine code that a bundle cannot hold: ${told}`, {
    hint: `use a package of JavaScript or WebAssembly instead; where the program gets along without, list ${first?.name === '.' ? 'what it imports' : (first?.name ?? 'it')} under binaries.${binary}.node.external`,
    details: { binary, packages: native.map(({ name, reason }) => ({ name, reason })) },
  });
}
