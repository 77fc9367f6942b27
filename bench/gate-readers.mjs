/**
 * Downloads a file many times at once until it is stopped, every second time slowly: `gate-readers URL COUNT`.
 * Prints a line when every download has begun. What has come to its end begins again.
 */
import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const SLOW_PAUSE_MS = 50;

const [url = '', count = ''] = process.argv.slice(2);
let begun = 0;

/** @param {boolean} isSlow @returns {Promise<void>} */
function download(isSlow) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false }, async (response) => {
      if (response.statusCode !== 200) return reject(new Error(`the gate answered ${response.statusCode}`));
      begun += 1;
      if (begun === Number(count)) process.stdout.write('all have begun\n');
      try {
        for await (const chunk of response) {
          void chunk;
          if (isSlow) await wait(SLOW_PAUSE_MS);
        }
        resolve();
      } catch (error) {
        reject(error);
      }
    });
    request.once('error', reject);
  });
}

/** @param {boolean} isSlow */
async function downloadForEver(isSlow) {
  for (;;) await download(isSlow);
}

await Promise.all(Array.from({ length: Number(count) }, (_, at) => downloadForEver(at % 2 === 1)));
