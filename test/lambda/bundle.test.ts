/** What Lambda is given: one file per function, small enough, that stops by name where it is not told what it needs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ZipFile } from 'yazl';
import { bundleLambdas } from '../../scripts/lambda-bundle.mjs';
import { CALLED_FUNCTIONS } from '../../core/api/call';
import { FUNCTION_VARIABLES, VARIABLE } from '../../lambda/environment';
import '../allow-processes';

const LARGEST_ZIP_BYTES = 400 * 1024;
const ROOT = path.join(__dirname, '../..');

let outdir: string;
let names: readonly string[];
beforeAll(async () => {
  outdir = mkdtempSync(path.join(tmpdir(), 'slipway-lambda-'));
  names = await bundleLambdas(ROOT, outdir);
});
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

async function zippedBytes(file: string): Promise<number> {
  const zip = new ZipFile();
  zip.addFile(file, 'index.mjs');
  zip.end();
  let sizeBytes = 0;
  for await (const chunk of zip.outputStream) sizeBytes += (chunk as Buffer).length;
  return sizeBytes;
}

const VALUES = {
  [VARIABLE.stage]: 'test',
  [VARIABLE.bucket]: 'bucket',
  [VARIABLE.projects]: '{}',
  [VARIABLE.concurrentJobs]: '3',
  [VARIABLE.buildToolsDigest]: '',
  [VARIABLE.topicArn]: 'arn:aws:sns:eu-central-1:111122223333:t',
  [VARIABLE.linkRoleArn]: 'arn:aws:iam::111122223333:role/r',
  [VARIABLE.gateUrl]: '',
  [VARIABLE.isDualStack]: '',
};

/** Loads a bundle in a process of its own. @returns what it printed */
function load(name: string, variables: Readonly<Record<string, string>>): string {
  const script = `const { handler } = await import(process.argv[1]).catch((error) => ({ handler: error.message })); console.log(typeof handler === 'function' ? 'loaded' : handler)`;
  const file = path.join(outdir, name, 'index.mjs');
  const env = { PATH: process.env.PATH, AWS_REGION: 'eu-central-1', NODE_NO_WARNINGS: '1', ...variables };
  return execFileSync(process.execPath, ['--input-type=module', '-e', script, file], { env, encoding: 'utf8' }).trim();
}

test('each function is one file of at most 400 KB zipped', async () => {
  expect(names).toEqual(expect.arrayContaining([...CALLED_FUNCTIONS, 'build-finished', 'sweep']));
  const sizes = await Promise.all(names.map(async (name) => [name, await zippedBytes(path.join(outdir, name, 'index.mjs'))] as const));
  expect(sizes.filter(([, sizeBytes]) => sizeBytes > LARGEST_ZIP_BYTES)).toEqual([]);
  for (const name of names) expect(readdirSync(path.join(outdir, name))).toEqual(['index.mjs']);
});

test('a function holds the clients that it calls and no others', () => {
  const text = (name: string) => readFileSync(path.join(outdir, name, 'index.mjs'), 'utf8');
  const clients = ['CloudWatchLogsClient', 'CodeBuildClient', 'SNSClient', 'SSMClient'];
  const clientsOf = (name: string) => clients.filter((client) => text(name).includes(client));
  expect(clientsOf('revoke')).toEqual([]);
  expect(clientsOf('download')).toEqual([]);
  expect(clientsOf('distribute')).toEqual(['SSMClient']);
  expect(clientsOf('distributions')).toEqual(['SSMClient']);
  expect(clientsOf('status')).toEqual(clients);
});

test.each(Object.entries(FUNCTION_VARIABLES))('%s loads with its variables, and names one that is missing', (name, variables) => {
  expect(load(name, VALUES)).toBe('loaded');
  const [first] = variables;
  const { [VARIABLE[first]]: left, ...others } = VALUES;
  expect(left).toBeDefined();
  expect(load(name, others)).toContain(`'${VARIABLE[first]}' is not set`);
});
