/** Owns how a package is unpacked and its programs are started, by hand, with what each system has from the start. */
import type { OperatingSystem } from '../../platform';
import { say, SHELL_OF, type, type Step, type SteppedFile } from './steps';

/** What may stand in a line that is copied into a shell; a record's other paths are not shown as one. */
const PLAIN_PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** @returns undefined where no file is a package */
export function unpackStep(os: OperatingSystem, files: readonly SteppedFile[]): Step | undefined {
  const packages = files.filter((file) => file.package !== undefined);
  if (packages.length === 0) return undefined;
  return {
    title: 'Unpack and run',
    parts: [
      ...packages.map((file) => type(SHELL_OF[os], unpackLine(os, file.file), ...runLines(os, file))),
      say('The folder may lie anywhere; keep its files together.'),
    ],
  };
}

function unpackLine(os: OperatingSystem, file: string): string {
  if (!file.endsWith('.zip')) return `tar -xzf ${file}`;
  return os === 'windows' ? `Expand-Archive ${file} -DestinationPath .` : `unzip ${file}`;
}

function runLines(os: OperatingSystem, { package: facts }: SteppedFile): readonly string[] {
  const paths = (facts?.binaries ?? []).map(({ path }) => path).filter((path) => PLAIN_PATH.test(path));
  return paths.map((path) => (os === 'windows' ? `.\\${path.replaceAll('/', '\\')}` : `./${path}`));
}
