/**
 * Owns one deployment in an emulator and the starts of builds in it, in a process of its own, for the benchmark:
 * `start-answer ROUNDS`. Prints the milliseconds of each command. What was started waits for its machine, so that nothing runs beside it.
 */
import { startCloudWorld } from '../test/cloud/world/cloud-world';
import { deployStage } from '../test/cloud/world/deployment';
import { makeTinyProject } from '../test/cloud/world/tiny-project';
import { inTurns } from './measure.mjs';

const rounds = Number(process.argv[2]);
const say = (line: string) => process.stderr.write(`  ${line}\n`);

const world = await startCloudWorld();
const project = makeTinyProject({ platforms: ['linux-x86_64', 'linux-arm64', 'windows-x86_64'] });
try {
  world.onEvent = () => undefined;
  world.standIn.holdAt('PROVISIONING');
  say('deploying a stage into the emulator');
  const deployment = await deployStage(world, 'bench', 'concurrentJobs: 500\n');
  let starts = 0;
  const start = async (platforms: string) => {
    // Another source each time: it is sent, too.
    starts += 1;
    project.put('main.py', `print(${starts})\n`);
    const { exitCode, stdout, stderr, ms } = await deployment.run(['start-build', '--platform', platforms], { cwd: project.directory });
    if (exitCode !== 0) throw new Error(`start-build ended with ${exitCode}: ${stdout}${stderr}`);
    return ms;
  };
  const contenders = { one: () => start('linux-x86_64'), three: () => start('all') };
  // Once without a clock: the first call of a function loads it.
  for (const once of Object.values(contenders)) await once();
  say(`${rounds} starts of one platform, and as many of three, in turns`);
  const taken = await inTurns(rounds, contenders);
  deployment.remove();
  process.stdout.write(`${JSON.stringify(taken)}\n`);
} finally {
  project.remove();
  await world.stop();
}
