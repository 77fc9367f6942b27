/** How fast the built program says its version, against PyInstaller's single file and against Python itself. */
import path from 'node:path';
import { timed } from './command-line.mjs';
import { copyOf, keptJob, plainFieldkit, pyinstallerOnefile, withFailingCheck } from './example-builds.mjs';
import { compare, inTurns } from './measure.mjs';

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function programStart({ work, env, rounds, say }) {
  say('the program by Nuitka, and by PyInstaller as one file');
  const ours = await plainFieldkit(work, env);
  const onefile = await pyinstallerOnefile(work, env);
  const job = await keptJob(copyOf(work, 'fieldkit', withFailingCheck), env);
  const python = path.join(job, 'work/environments/fieldkit', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  say(`fieldkit --version, ${rounds.launches} times each`);
  const { built, packed, interpreted } = await inTurns(rounds.launches, {
    built: () => timed([ours.program, '--version'], env),
    packed: () => timed([onefile.program, '--version'], env),
    interpreted: () => timed([python, '-m', 'fieldkit', '--version'], env),
  });
  const own = { ours: 'fieldkit --version', own: built, runs: rounds.launches };
  return [
    compare({ name: 'the start of a program', ...own, peer: 'the same by PyInstaller --onefile', other: packed }, { timesAhead: 3 }),
    compare({ name: 'the start of a program', ...own, peer: 'python -m fieldkit --version', other: interpreted }, { timesAhead: 1 }),
  ];
}
