/**
 * Starts LocalEmu for one suite: an emulator that judges each call by the policies of who makes it, session policies, the address of
 * the connection and TLS among them. Both protocols are spoken on one port, TLS with a certificate of its own.
 * Importing it lets a suite start processes and open connections.
 */
import '../../allow-network';
import '../../allow-processes';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { canRunLocalEmu, installLocalEmu } from '../../../scripts/localemu.mjs';
import { collectOutput, end, freePort, HOST, killGroup } from './emulator-process';
import type { MiniStack } from './ministack';

/** The key of the account's root, whom no policy holds. */
const ACCOUNT = '000000000000';

export { canRunLocalEmu };

export type LocalEmu = Pick<MiniStack, 'account' | 'endpoint' | 'clientConfig' | 'log' | 'stop'>;

export async function startLocalEmu(): Promise<LocalEmu> {
  const python = await installLocalEmu();
  const port = await freePort();
  const state = mkdtempSync(path.join(tmpdir(), 'slipway-localemu-'));
  const endpoint = `http://${HOST}:${port}`;
  const child = spawn(python, ['-m', 'localemu.cli.main', 'start', '--host', HOST, '--port', String(port)], {
    cwd: state,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: state,
      TMPDIR: state,
      PYTHONUNBUFFERED: '1',
      IAM_ENFORCEMENT: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      DISABLE_EVENTS: '1',
    },
  });
  const killAll = () => killGroup(child, 'SIGKILL');
  process.once('exit', killAll);
  const output = collectOutput(child, 'LocalEmu');
  const stop = async () => {
    await end(child);
    process.off('exit', killAll);
    rmSync(state, { recursive: true, force: true });
  };
  try {
    await output.says(/^Ready\.$/m);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    account: ACCOUNT,
    endpoint,
    clientConfig: { endpoint, region: 'eu-central-1', credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'test' } },
    log: () => output.text(),
    stop,
  };
}
