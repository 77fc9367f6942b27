/**
 * Starts MiniStack, an emulator of AWS, for one suite: on a free port of loopback, with its state in a folder of its own.
 * Importing it lets a suite start processes and open connections.
 */
import '../../allow-network';
import '../../allow-processes';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installMiniStack } from '../../../scripts/ministack.mjs';
import { collectOutput, end, freePort, HOST, killGroup } from './emulator-process';

export interface MiniStackOptions {
  /** Twelve digits. */
  readonly account?: string;
  readonly region?: string;
  /** Checks signatures and evaluates policies as IAM does; without it every well-signed call is allowed. */
  readonly isAuthEnforced?: boolean;
  /** For the emulator, and for the Lambdas that it runs: `NODE_PATH`, `AWS_ENDPOINT_URL_CODEBUILD`, … */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What every SDK client takes in its constructor. */
export interface MiniStackClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface MiniStack {
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  /** Spread it into a client; S3 needs `forcePathStyle: true` beside it. */
  readonly clientConfig: MiniStackClientConfig;
  /** What a program of AWS needs to find it: the command line, the CDK. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it has said by now, for the message of a test that fails. */
  log(): string;
  /** Ends it with everything that it has started, and removes its state. */
  stop(): Promise<void>;
}

const SECRET = 'test';
/** Between asking for a free port and taking it, another program may. */
const MOST_TRIES = 5;

export async function startMiniStack(options: MiniStackOptions = {}): Promise<MiniStack> {
  const python = await installMiniStack();
  for (let tries = 1; ; tries++) {
    try {
      return await startOn(await freePort(), python, options);
    } catch (thrown) {
      if (tries >= MOST_TRIES || !String(thrown).includes('already in use')) throw thrown;
    }
  }
}

async function startOn(port: number, python: string, options: MiniStackOptions): Promise<MiniStack> {
  const { account = '111122223333', region = 'eu-central-1', isAuthEnforced = false, environment = {} } = options;
  const state = mkdtempSync(path.join(tmpdir(), 'slipway-ministack-'));
  const endpoint = `http://${HOST}:${port}`;
  const credentials = { AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: SECRET, AWS_REGION: region, AWS_DEFAULT_REGION: region };
  const child = spawn(python, ['-m', 'ministack'], {
    cwd: state,
    // Leads a group of its own: the Lambdas' workers end with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: state,
      TMPDIR: folder(state, 'tmp'),
      STATE_DIR: folder(state, 'state'),
      S3_DATA_DIR: folder(state, 's3'),
      PYTHONUNBUFFERED: '1',
      BIND_HOST: HOST,
      MINISTACK_HOST: HOST,
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: account,
      MINISTACK_REGION: region,
      AUTH: String(isAuthEnforced),
      ...credentials,
      ...environment,
    },
  });
  const killAll = () => killGroup(child, 'SIGKILL');
  process.once('exit', killAll);
  const output = collectOutput(child, 'MiniStack');
  const stop = async () => {
    await end(child);
    process.off('exit', killAll);
    rmSync(state, { recursive: true, force: true });
  };
  try {
    await output.says(/Running on http/);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    endpoint,
    account,
    region,
    clientConfig: { endpoint, region, credentials: { accessKeyId: account, secretAccessKey: SECRET } },
    environment: { AWS_ENDPOINT_URL: endpoint, ...credentials },
    log: () => output.text(),
    stop,
  };
}

function folder(parent: string, name: string): string {
  const made = path.join(parent, name);
  mkdirSync(made);
  return made;
}
