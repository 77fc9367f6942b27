/** Steps about links: what S3 itself keeps of their promises. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { require, type SmokeStep } from './smoke-step';
import type { SmokeWorld } from './smoke-world';

const FILE = 'slipway-smoke-linux-x86_64.tar.gz';
/** How long a redirect of the gate is good for. */
const REDIRECT_MS = 60_000;

interface View {
  readonly url: string;
  readonly distribution: { readonly distId: string; readonly signedBy?: string; readonly expiresAt?: string };
}

/** Bound to this machine's address; an emulator sees a loopback address, which no link of a deployment may name. */
async function distribute(world: SmokeWorld): Promise<View> {
  const bound = world.isEmulator ? [] : ['--allowed-ips', 'me'];
  const project = world.kept.get('project');
  return world.call<View>(['distribute', world.kept.get('build') ?? '', '--target', 'aws', '--expires-hours', '1', ...bound], project);
}

async function redirectOf(world: SmokeWorld, link: string): Promise<string> {
  const answer = await world.open(`${link}/${FILE}`);
  require(answer.status === 302 || answer.status === 307, `the gate answers ${answer.status}: ${answer.body.toString().trim()}`);
  return answer.headers.location ?? '';
}

export const link: SmokeStep = {
  name: 'link',
  title: 'A link, from the gate to the file',
  needs: ['linux'],
  proves: [
    {
      says: 'the condition s3:VersionId of a session policy is met by a presigned GET of that version',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html',
    },
    {
      says: 'aws:SourceIp of a session policy is judged when the link is used, for whoever uses it',
      page: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip',
    },
    {
      says: 'a presigned GET by version answers to Range, and keeps response-content-disposition',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html',
    },
  ],
  expected: "a redirect, then 206 for the first sixteen bytes under the file's name, then the whole file with its digest",
  async run(world) {
    const { url, distribution } = await distribute(world);
    world.kept.set('link', url);
    world.kept.set('distribution', distribution.distId);
    const target = await redirectOf(world, url);
    const part = await world.open(target, { range: 'bytes=0-15' });
    const whole = await world.open(target);
    require(whole.status === 200, `S3 answers ${whole.status}: ${whole.body.toString().slice(0, 300)}`);
    const sha256 = createHash('sha256').update(whole.body).digest('hex');
    require(sha256 === world.kept.get('sha256'), `the file has sha256 ${sha256}`);
    const saved = String(whole.headers['content-disposition'] ?? '');
    // Where a version is named MiniStack 1.5.33 knows neither response-content-disposition nor Range.
    require(world.isEmulator || saved.includes(FILE), `it would be saved as '${saved}'`);
    require(world.isEmulator || (part.status === 206 && part.body.length === 16), `Range is answered with ${part.status}`);
    world.kept.set('redirect', target);
    return `${part.status} for a part, 200 for ${whole.body.length} bytes, saved by '${saved}'`;
  },
};

export const manyRanges: SmokeStep = {
  name: 'ranges',
  title: 'How many ranges a link can hold',
  needs: ['linux'],
  notInEmulator: 'the emulator does not pack session policies',
  proves: [
    {
      says: 'a session policy has 2048 characters, and a packed size beside it that AssumeRole alone tells',
      page: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html',
    },
  ],
  expected: 'about 79 IPv4 ranges; 200 are refused with the number that fits, and that number is taken',
  async run(world) {
    // None lies beside another, so that they stay as many as they are.
    const ranges = Array.from({ length: 200 }, (_, at) => `${at < 100 ? 23 : 52}.${(at % 100) * 2}.0.0/16`);
    const args = (count: number) => [
      ...['distribute', world.kept.get('build') ?? '', '--target', 'aws', '--expires-hours', '1'],
      ...['--allowed-ips', ranges.slice(0, count).join(',')],
    ];
    const project = world.kept.get('project');
    const { code, message, details } = await world.refusal(args(ranges.length), project);
    require(code === 'address-list-too-long', `it is refused with ${code}`);
    const fits = Number(details.fittingCount);
    require(fits > 0, `the refusal names no number: ${message}`);
    const { distribution } = await world.call<View>(args(fits), project);
    await world.call(['revoke', distribution.distId, '--target', 'aws'], project);
    return message;
  },
};

/** The machine waits for an address under `jobs/`, which its role may read, and tells what it was answered. */
const OTHER_PLACE_BUILDSPEC = `version: 0.2
env:
  exported-variables: [ANSWER]
phases:
  build:
    commands:
      - until aws s3 cp "s3://$BUCKET/$KEY" address --quiet; do sleep 1; done
      - export ANSWER=$(curl --silent --output /dev/null --write-out '%{http_code}' "$(cat address)")
`;

export const elsewhere: SmokeStep = {
  name: 'elsewhere',
  title: 'A redirect in other hands, and an old one',
  needs: ['link'],
  machines: [{ platform: 'linux-x86_64', minutes: 2 }],
  notInEmulator: 'the emulator does not judge session policies, and has one address',
  proves: [
    {
      says: 'S3 refuses a redirect that is used from an address that the link does not allow',
      page: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip',
    },
    {
      says: 'S3 refuses a redirect after 60 s, from the right address too',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html',
    },
  ],
  expected: '403 on a machine of CodeBuild within the minute; 403 here after it',
  async run(world) {
    const { bucket } = await world.deployment();
    const Key = `jobs/smoke-${randomUUID()}`;
    const started = await world.startDirectly({
      buildspecOverride: OTHER_PLACE_BUILDSPEC,
      artifactsOverride: { type: 'NO_ARTIFACTS' },
      environmentVariablesOverride: [
        { name: 'BUCKET', value: bucket, type: 'PLAINTEXT' },
        { name: 'KEY', value: Key, type: 'PLAINTEXT' },
      ],
    });
    // It is asked for when the machine is ready to use it.
    await world.phaseOf(started, 'BUILD');
    const target = await redirectOf(world, world.kept.get('link') ?? '');
    await world.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: target }));
    const givenMs = Date.now();
    const { exportedEnvironmentVariables = [] } = await world.endOf(started);
    const there = exportedEnvironmentVariables.find(({ name }) => name === 'ANSWER')?.value ?? 'nothing';
    require(there === '403', `another machine is answered with ${there}`);
    await wait(Math.max(0, REDIRECT_MS + 5_000 - (Date.now() - givenMs)));
    const { status } = await world.open(target);
    require(status === 403, `an old redirect is answered with ${status}`);
    return '403 from another address, 403 after 65 s';
  },
};

export const revoked: SmokeStep = {
  name: 'revoke',
  title: 'A link that is revoked',
  needs: ['link'],
  proves: [
    {
      says: 'a version that was deleted by its id is gone at once, for redirects that were given before too',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html',
    },
  ],
  expected: '410 from the gate, 403 or 404 from S3 for a redirect of before',
  async run(world) {
    const target = await redirectOf(world, world.kept.get('link') ?? '');
    await world.call(['revoke', world.kept.get('distribution') ?? '', '--target', 'aws'], world.kept.get('project'));
    const gate = await world.open(`${world.kept.get('link') ?? ''}/${FILE}`);
    require(gate.status === 410, `the gate answers ${gate.status}`);
    const { status } = await world.open(target);
    require(status === 403 || status === 404, `S3 answers ${status}`);
    return `410 from the gate, ${status} from S3`;
  },
};

export const direct: SmokeStep = {
  name: 'direct',
  title: 'A direct link, past the gate',
  needs: ['linux'],
  proves: [
    {
      says: 'a Lambda may assume the link role for a whole hour, and for no more: its own session makes it a chain',
      page: 'https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html',
    },
    {
      says: 'a presigned address of a session is followed under the policy of that session, and is dead with its version',
      page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html',
    },
  ],
  expected: 'a link of nearly an hour that says who signed it; the file with its digest; 403 without its version; 403 or 404 once revoked',
  async run(world) {
    const bound = world.isEmulator ? [] : ['--allowed-ips', 'me'];
    const project = world.kept.get('project');
    const args = ['distribute', world.kept.get('build') ?? '', '--target', 'aws', '--link', 'direct'];
    const { code } = await world.refusal([...args, '--expires-hours', '2'], project);
    require(code === 'direct-link-too-long', `two hours are refused with ${code}`);
    const { url, distribution } = await world.call<View>([...args, ...bound], project);
    const { distId, signedBy = '', expiresAt = '' } = distribution;
    const minutes = (Date.parse(expiresAt) - Date.now()) / 60_000;
    require(minutes > 58 && minutes <= 60, `it holds for ${minutes} minutes`);
    require(signedBy.endsWith(`/slipway-${distId}`), `it was signed by '${signedBy}'`);
    const whole = await world.open(url);
    require(whole.status === 200, `S3 answers ${whole.status}: ${whole.body.toString().slice(0, 300)}`);
    const sha256 = createHash('sha256').update(whole.body).digest('hex');
    require(sha256 === world.kept.get('sha256'), `the file has sha256 ${sha256}`);
    const newest = new URL(url);
    newest.searchParams.delete('versionId');
    const { status: withoutVersion } = await world.open(newest.href);
    require(withoutVersion === 403, `without its version it is answered with ${withoutVersion}`);
    await world.call(['revoke', distId, '--target', 'aws'], project);
    const { status } = await world.open(url);
    require(status === 403 || status === 404, `once revoked it is answered with ${status}`);
    return `holds ${Math.floor(minutes)} minutes, signed by ${signedBy}; ${status} once revoked`;
  },
};
