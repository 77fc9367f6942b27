/** Owns the inventory of a Python program: what its compiler took, told by the environment's own interpreter, in the terms of no language. */
import path from 'node:path';
import type { Job } from '../../core/job/job';
import { packageUrl, normalizedPypiName } from '../../core/provenance/package-url';
import type { SbomLicense, SbomPart } from '../../core/provenance/sbom';
import { compilerOf } from '../../core/recipe/compiler-options';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import type { Host } from '../../core/host/host';
import type { PythonEnvironment } from '../../toolchain/environment/python-environment';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import type { PythonBinary } from '../job-programs';
import { inJob, pathsOf, projectDirectory, SOURCE_DIRECTORY } from '../job-layout';
import type { EmbeddedPart, Inventory } from './inventory';
import { lockedWheelOf, readLockedWheels, type LockedWheel } from './locked-wheel';
import { INVENTORY_PROGRAM, InventoryAnswerSchema, type InstalledDistribution, type InventoryAnswer } from './python-inventory-program';
import { LAUNCHER, placesOf, type ProgramPlaces } from './program-places';
import { sha256OfFile } from '../../toolchain/sha256-of-file';
import { createSystemPackages } from './system-package';

/** What makes the program and does not ship: part of its executable is theirs, and they stand among the tools. */
const COMPILER_PACKAGES = ['nuitka', 'pyinstaller', 'pyinstaller-hooks-contrib'];

/** Reading every module's origin takes a second; a machine under load takes longer. */
const TOLD_WITHIN_MS = 300_000;

/** A Python program, and what it was compiled from. */
export interface PythonOrigin extends PythonBinary {
  readonly host: Pick<Host, 'python'>;
  readonly environment: Pick<PythonEnvironment, 'interpreter' | 'env'>;
}

/** @throws SlipwayError `sbom-failed` */
export async function pythonInventory(context: BuilderContext, job: Job, prepared: PythonOrigin, built: BuiltBinary): Promise<Inventory> {
  const answer = await askInterpreter(context, job, prepared);
  const wheels = readLockedWheels(await readLock(context, job, prepared));
  const python = runtimePart(answer, prepared);
  const parts = new Map<string, SbomPart>([[python.ref, python]]);
  const refs = new Map<string, string>([['python', python.ref]]);
  const byName = new Map(answer.distributions.map((found) => [normalizedPypiName(found.name), refOf(found)]));
  for (const found of answer.distributions) {
    refs.set(`distribution:${found.name}`, refOf(found));
    const needed = found.requires.flatMap((name) => byName.get(normalizedPypiName(name)) ?? []);
    parts.set(refOf(found), { ...distributionPart(found, wheels), dependsOn: [...needed, python.ref] });
  }
  const owners = new Map<string, string>();
  const packed: string[] = [];
  const places = placesOf(prepared.binary, built);
  if (places.launcher !== undefined) {
    parts.set(LAUNCHER.ref, LAUNCHER);
    owners.set(places.launcher, LAUNCHER.ref);
  }
  const systemPackage = createSystemPackages(context);
  const isPacked = built.inspectDirectory !== undefined;
  for (const file of answer.files) {
    const place = await placeOf(context, built, places.content, file.place);
    if (place === undefined) continue;
    if (isPacked) packed.push(place);
    let ref = refs.get(file.owner);
    if (file.owner === 'other') {
      const part = await foreignPart(context, built, place, await systemPackage(file.source));
      parts.set(part.ref, part);
      ({ ref } = part);
    }
    if (ref !== undefined) owners.set(place, ref);
  }
  return {
    parts: [...parts.values()],
    owners,
    embedded: embeddedOf(answer, refs, places.launcher === undefined ? undefined : await programOf(context, prepared, built, places)),
    ...(isPacked ? { packed } : {}),
  };
}

async function askInterpreter(context: BuilderContext, job: Job, { binary, python, environment }: PythonOrigin): Promise<InventoryAnswer> {
  const paths = pathsOf(job, binary, python);
  const scratch = inJob(context, paths.scratchDirectory);
  const source =
    compilerOf(python) === 'nuitka'
      ? { report: path.join(scratch, 'compilation-report.xml') }
      : { tables: path.join(scratch, 'onedir', binary.name) };
  const own = [SOURCE_DIRECTORY, paths.entryDirectory, paths.dataDirectory].map((directory) => inJob(context, directory));
  const request = {
    ...source,
    cwd: inJob(context, 'work'),
    project: inJob(context, projectDirectory(job)),
    own,
    compilers: COMPILER_PACKAGES,
  };
  const result = await context.processes.run({
    command: environment.interpreter,
    // Isolated: nothing in the current folder or the caller's environment is imported.
    args: ['-I', '-c', INVENTORY_PROGRAM],
    cwd: inJob(context, 'work'),
    env: environment.env,
    stdin: JSON.stringify(request),
    timeoutMs: TOLD_WITHIN_MS,
    keepBytes: 64 * 1024 * 1024,
  });
  const parsed = result.exitCode === 0 ? InventoryAnswerSchema.safeParse(parseJson(result.stdout)) : undefined;
  if (parsed?.success === true) return parsed.data;
  throw new SlipwayError('sbom-failed', `what '${binary.name}' is made of could not be told`, {
    hint: `what Python said of it: ${result.stderr.trim().split('\n').slice(-3).join(' ') || 'nothing'}`,
    details: { binary: binary.name, exitCode: result.exitCode },
    ...(parsed?.error === undefined ? {} : { cause: parsed.error }),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readLock(context: BuilderContext, job: Job, { python }: PythonOrigin): Promise<string> {
  const { lock } = python.dependencies;
  if (lock === undefined) return '';
  try {
    return await context.files.readText(path.join(inJob(context, projectDirectory(job)), ...lock.split('/')));
  } catch (thrown) {
    // Wheels that were brought along take its place.
    if (isSlipwayError(thrown) && thrown.code === 'file-not-found') return '';
    throw thrown;
  }
}

function runtimePart({ python }: InventoryAnswer, { host }: PythonOrigin): SbomPart {
  const { version, implementation } = python;
  const isCPython = implementation === 'CPython';
  const purl = packageUrl({ type: 'generic', name: isCPython ? 'python' : implementation.toLowerCase(), version });
  return {
    ref: purl,
    type: 'platform',
    name: implementation,
    version,
    description: 'Python runtime and standard library',
    purl,
    ...(isCPython ? { cpe: `cpe:2.3:a:python:python:${version}:*:*:*:*:*:*:*`, license: { expression: 'PSF-2.0' } } : {}),
    ...(host.python === undefined ? {} : { properties: { 'provided-by': host.python.provider } }),
    dependsOn: [],
  };
}

function refOf({ name, version, isLocal }: InstalledDistribution): string {
  // A folder beside the project is in no index: looked up there, its name would find somebody else's package.
  return isLocal ? `local:${normalizedPypiName(name)}@${version}` : packageUrl({ type: 'pypi', name, version });
}

function distributionPart(found: InstalledDistribution, wheels: ReadonlyMap<string, readonly LockedWheel[]>): SbomPart {
  const { name, version, summary, homepage, isLocal, recordSha256 } = found;
  const ref = refOf(found);
  const wheel = isLocal ? undefined : lockedWheelOf(wheels, found);
  const license = licenseOf(found);
  const hashes = wheel === undefined ? [] : [{ alg: 'SHA-256' as const, content: wheel.sha256 }];
  return {
    ref,
    type: 'library',
    name,
    version,
    ...(summary === null ? {} : { description: summary }),
    ...(license === undefined ? {} : { license }),
    ...(isLocal ? {} : { purl: ref }),
    hashes,
    ...(homepage !== null && /^https?:\/\/\S+$/.test(homepage) ? { homepage } : {}),
    ...(wheel?.url === undefined ? {} : { distribution: { url: wheel.url, hashes } }),
    ...(recordSha256 === null ? {} : { properties: { 'record-sha256': recordSha256 } }),
    dependsOn: [],
  };
}

/** What is longer than a line is the text of a licence, and its name stands in the classifiers. */
function licenseOf({ licenseExpression, license, licenseClassifiers }: InstalledDistribution): SbomLicense | undefined {
  if (licenseExpression !== null) return { expression: licenseExpression };
  if (license !== null && license.length <= 80 && !license.includes('\n')) return { names: [license] };
  const names = licenseClassifiers.map((classifier) => classifier.split(' :: ').at(-1) ?? classifier);
  return names.length === 0 ? undefined : { names };
}

/** A library of the machine: by the package that brought it, else by its own digest. */
async function foreignPart(
  context: BuilderContext,
  built: BuiltBinary,
  place: string,
  found: Awaited<ReturnType<ReturnType<typeof createSystemPackages>>>,
): Promise<SbomPart> {
  if (found === undefined) {
    const content = await sha256OfFile(context.files, path.join(built.inspectDirectory ?? built.directory, ...place.split('/')));
    return { ref: `library:${place}`, type: 'file', name: place, hashes: [{ alg: 'SHA-256', content }], dependsOn: [] };
  }
  const { name, version, purl, homepage, license } = found;
  return {
    ref: purl,
    type: 'library',
    name,
    version,
    purl,
    description: 'libraries of the system that the program was built on',
    ...(homepage === undefined ? {} : { homepage }),
    ...(license === undefined ? {} : { license: { names: [license] } }),
    dependsOn: [],
  };
}

/** Nuitka's files may have been moved to `lib/`, PyInstaller's lie in `_internal/`. @returns undefined for what is not there after all */
async function placeOf(context: BuilderContext, built: BuiltBinary, content: string, told: string): Promise<string | undefined> {
  const folder = built.inspectDirectory ?? built.directory;
  for (const place of [told, `_internal/${told}`, `lib/${told}`].map((each) => content + each)) {
    if ((await context.files.stat(path.join(folder, ...place.split('/')))) !== undefined) return place;
  }
  return undefined;
}

/** The executable that the launcher starts, as the compiler called it. */
async function programOf(
  context: BuilderContext,
  { binary }: PythonOrigin,
  { directory }: BuiltBinary,
  { content }: ProgramPlaces,
): Promise<string | undefined> {
  for (const name of [`${binary.name}.exe`, `${binary.name}.bin`, `lib/${binary.name}.bin`, binary.name].map((each) => content + each)) {
    if ((await context.files.stat(path.join(directory, ...name.split('/'))))?.kind === 'file') return name;
  }
  return undefined;
}

/** By the top of each module's name: a hundred modules of one package are one part. */
function embeddedOf({ modules }: InventoryAnswer, refs: ReadonlyMap<string, string>, file: string | undefined): readonly EmbeddedPart[] {
  const embedded = modules.flatMap(({ name, owner }): EmbeddedPart[] => {
    const ref = refs.get(owner);
    if (ref === undefined) return [];
    return [
      { ref, ...(file === undefined ? {} : { file }), symbol: owner === 'python' ? 'standard library' : (name.split('.')[0] ?? name) },
    ];
  });
  return [...new Map(embedded.map((each) => [JSON.stringify(each), each])).values()];
}
