/** A sidecar in a real Tauri host: what `npm run test:tauri` proves, as part of the slow suite. */
import '../allow-processes';
import '../allow-network';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

test('a host built by Tauri starts the sidecar as cargo left it and as its package installs it', () => {
  const ended = spawnSync(process.execPath, [path.join(__dirname, '../../scripts/tauri-host.mjs')], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  console.log(ended.stderr);
  expect({ status: ended.status, last: ended.stdout.trim().split('\n').at(-1) }).toEqual({
    status: 0,
    last: expect.stringMatching(/^tauri host ok: .*\.deb on linux-\w+, launch to READY \d+ ms in the installed host$/) as string,
  });
});
