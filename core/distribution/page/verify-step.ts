/**
 * Owns how a download is compared with its SHA-256, by what each system has from the start. The digest stands in the line itself:
 * nothing is to be compared by eye, and no second file is needed.
 */
import type { OperatingSystem } from '../../platform';
import { say, SHELL_OF, type, type Step, type SteppedFile, type StepPart } from './steps';

export function verifyStep(os: OperatingSystem, files: readonly SteppedFile[]): Step {
  return {
    title: files.length === 1 ? 'Verify the download' : 'Verify what you downloaded',
    parts: [say('In the folder that holds it, usually Downloads:'), ...verifyLines(os, files), say(expected(os, files))],
  };
}

/** For a file that no system is known of: the lines of each. */
export function verifyEverywhereStep(files: readonly SteppedFile[]): Step {
  return {
    title: 'Verify the download',
    parts: [
      say('In the folder that holds it, usually Downloads. On Linux:'),
      ...verifyLines('linux', files),
      say('On macOS:'),
      ...verifyLines('macos', files),
      say(expected('linux', files)),
      say('On Windows:'),
      ...verifyLines('windows', files),
      say(expected('windows', files)),
    ],
  };
}

function verifyLines(os: OperatingSystem, files: readonly SteppedFile[]): readonly StepPart[] {
  const shell = SHELL_OF[os];
  return files.flatMap(({ file, sha256 }) => {
    switch (os) {
      case 'linux':
        return [type(shell, `echo "${sha256}  ${file}" | sha256sum -c`)];
      case 'macos':
        return [type(shell, `echo "${sha256}  ${file}" | shasum -a 256 -c`)];
      case 'windows':
        return [type(shell, `(Get-FileHash ${file}).Hash -eq '${sha256}'`)];
    }
  });
}

function expected(os: OperatingSystem, files: readonly SteppedFile[]): string {
  const [only, ...others] = files;
  const file = only === undefined || others.length > 0 ? 'FILE' : only.file;
  return os === 'windows'
    ? `It must answer True. If it does not, delete the file and download it again. In a Command Prompt, certutil -hashfile ${file} SHA256 shows the digest to compare.`
    : 'It must answer OK. If it does not, delete the file and download it again.';
}
