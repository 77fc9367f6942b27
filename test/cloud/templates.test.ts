/** cfn-lint over every template that the settings can lead to: what CloudFormation would refuse, or take and do nothing with. */
import '../allow-processes';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installCfnLint } from '../../scripts/cfn-lint.mjs';
import { synthesize } from '../lib/synthesized-stage';

/** Where Windows is built in both kinds of container, so that nothing has to be left out. */
const REGIONS = ['us-east-1', 'eu-west-1', 'ap-northeast-1'];

const WITH_EVERYTHING = {
  notifications: { emails: ['builds@example.com'] },
  permissionsBoundary: 'arn:aws:iam::111122223333:policy/team/Boundary',
  tags: { team: 'release' },
  registries: { pypi: 'https://pypi.example.com/simple', npm: 'https://npm.example.com', pythonMirror: 'https://python.example.com' },
  proxy: { http: 'http://proxy.example.com:3128', https: 'http://proxy.example.com:3128' },
  platforms: {
    'linux-x86_64': { image: '444455556666.dkr.ecr.eu-west-1.amazonaws.com/manylinux:1', timeoutMinutes: 2160 },
    'linux-arm64': { computeType: 'BUILD_GENERAL1_SMALL' },
    'windows-x86_64': { environment: 'WINDOWS_SERVER_2019_CONTAINER', computeType: 'BUILD_GENERAL1_LARGE', queuedTimeoutMinutes: 5 },
  },
  retainBucket: true,
  dashboard: true,
  dualStack: true,
};

const STAGES: readonly { readonly title: string; readonly settings: unknown; readonly region: string | undefined }[] = [
  ...REGIONS.map((region) => ({ title: `defaults-${region}`, settings: {}, region })),
  { title: 'anywhere', settings: {}, region: undefined },
  { title: 'everything', settings: WITH_EVERYTHING, region: 'eu-west-1' },
  { title: 'least', settings: { gate: 'none', alarms: false, platforms: { 'linux-x86_64': {} } }, region: 'eu-west-1' },
  {
    title: 'own-topic',
    settings: { notifications: { topicArn: 'arn:aws:sns:eu-west-1:111122223333:builds' } },
    region: 'eu-west-1',
  },
];

interface Finding {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Filename: string;
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

/** What stays as it is, and why. One that nothing is found for any more is to be taken out. */
const EXEMPT: readonly { readonly rule: string; readonly message: RegExp; readonly reason: string }[] = [
  {
    rule: 'W3005',
    message: /Role[0-9A-F]{8}' dependency already enforced by a 'GetAtt'/,
    reason: 'the CDK waits for a role together with its policy; that the role alone was waited for anyway harms nothing',
  },
  {
    rule: 'I1022',
    message: /^Prefer using Fn::Sub over Fn::Join/,
    reason: 'a matter of style, for templates that people write',
  },
];

let work: string;
let findings: readonly Finding[];

beforeAll(async () => {
  work = mkdtempSync(path.join(tmpdir(), 'slipway-templates-'));
  const python = await installCfnLint();
  const files = STAGES.flatMap(({ title, settings, region }) => {
    const { templates } = synthesize([settings], { place: region === undefined ? {} : { region, account: '111122223333' } });
    return Object.entries(templates).map(([name, template]) => {
      const file = path.join(work, `${title}.${name}.json`);
      writeFileSync(file, JSON.stringify(template, null, 1));
      return file;
    });
  });
  expect(files).toHaveLength(3 * STAGES.length);
  findings = await lint(python, files);
}, 15 * 60_000);

afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

/** With informational findings too. Its exit code says of which kinds there are some; above 15 it could not do its work. */
function lint(python: string, files: readonly string[]): Promise<readonly Finding[]> {
  const args = ['-m', 'cfnlint.runner.cli', '--format', 'json', '--include-checks', 'I', '--regions', ...REGIONS, '--template', ...files];
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH ?? '', HOME: work } });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const found = findingsOf(Buffer.concat(stdout).toString());
      if (code !== null && code <= 15 && found !== undefined) resolve(found);
      else reject(new Error(`cfn-lint ended with ${code}: ${Buffer.concat(stderr).toString()}`));
    });
  });
}

/** Undefined where it did not come so far as to write its list. */
function findingsOf(text: string): readonly Finding[] | undefined {
  try {
    return JSON.parse(text) as Finding[];
  } catch {
    return undefined;
  }
}

const isExempt = ({ Rule, Message }: Finding) => EXEMPT.some(({ rule, message }) => rule === Rule.Id && message.test(Message));
const textOf = ({ Rule, Message, Filename, Location }: Finding) =>
  `${path.basename(Filename)}: ${Rule.Id} ${Message} at ${Location.Path?.join('/') ?? 'the top'}`;

test('nothing is found but what is exempt for a reason', () => {
  expect(findings.filter((finding) => !isExempt(finding)).map(textOf)).toEqual([]);
});

test('every exemption is still needed', () => {
  const unused = EXEMPT.filter(({ rule, message }) => !findings.some(({ Rule, Message }) => rule === Rule.Id && message.test(Message)));
  expect(unused).toEqual([]);
});

test('a template that CloudFormation would refuse is found out', async () => {
  const file = path.join(work, 'wrong.json');
  const Project = { Type: 'AWS::CodeBuild::Project', Properties: { Source: { Type: 'S3' }, QueuedTimeoutInMinutes: 481 } };
  writeFileSync(file, JSON.stringify({ Resources: { Project } }));
  const found = await lint(await installCfnLint(), [file]);
  expect(found.map(({ Rule }) => Rule.Id)).toEqual(expect.arrayContaining(['E3003', 'E3034']));
});
