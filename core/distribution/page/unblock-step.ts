/** Owns what a system puts in the way of a program that nobody signed, and the way round it that its maker documents. */
import type { OperatingSystem } from '../../platform';
import { say, SHELL_OF, type, type Step, type SteppedFile } from './steps';

/** @returns undefined where nothing is in the way */
export function unblockStep(os: OperatingSystem, files: readonly SteppedFile[]): Step | undefined {
  const unsigned = files.filter((file) => file.package?.signed === 'none');
  if (unsigned.length === 0) return undefined;
  switch (os) {
    case 'linux':
      // The archive keeps the right to execute, and no Linux desktop asks further of what is started in a terminal.
      return undefined;
    case 'macos':
      return macosStep(unsigned);
    case 'windows':
      return windowsStep(unsigned);
  }
}

/**
 * Browsers mark what they load, and Archive Utility marks what it unpacks from it. Since macOS 15 a control-click opens nothing any more:
 * https://developer.apple.com/news/?id=saqachfa · https://support.apple.com/guide/mac-help/mh40616/mac
 */
function macosStep(files: readonly SteppedFile[]): Step {
  return {
    title: 'Let macOS run it',
    parts: [
      say('The programs are not signed, so macOS stops them when a browser loaded them. Take the mark off before you unpack:'),
      ...files.map(({ file }) => type(SHELL_OF.macos, `xattr -d com.apple.quarantine ${file}`)),
      say(
        'Or try to open the program once, then choose System Settings > Privacy & Security > Open Anyway: the button stays for about an hour.' +
          ' Since macOS 15 a control-click no longer does it.',
      ),
    ],
  };
}

/** https://learn.microsoft.com/powershell/module/microsoft.powershell.utility/unblock-file */
function windowsStep(files: readonly SteppedFile[]): Step {
  return {
    title: 'Let Windows run it',
    parts: [
      say('The programs are not signed, so Windows marks them as coming from the internet. Take the mark off before you unpack:'),
      ...files.map(({ file }) => type(SHELL_OF.windows, `Unblock-File ${file}`)),
      say('Or right-click the file, choose Properties, tick Unblock, and press OK.'),
      say(
        'If “Windows protected your PC” appears nevertheless, choose More info, then Run anyway.' +
          ' Smart App Control and some organizations leave no such choice: there, ask whoever looks after the computer.',
      ),
    ],
  };
}
