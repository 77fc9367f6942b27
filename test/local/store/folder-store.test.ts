import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Files } from '../../../core/ports/files';
import { createFolderArtifactStore } from '../../../local/store/artifact-store-folder';
import { nodeClock, nodeRandomness } from '../../../local/machine/clock-node';
import { createFileLock, type FileLockPorts } from '../../../local/store/file-lock';
import { createNodeFiles } from '../../../local/machine/files-node';
import { createFolderLedger } from '../../../local/store/ledger-folder';
import { artifactStoreContract } from '../../contracts/artifact-store';
import { ledgerContract } from '../../contracts/ledger';
import { createManualClock } from '../../fakes/manual-clock';

const files = createNodeFiles();
const root = mkdtempSync(path.join(tmpdir(), 'slipway-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let homes = 0;
const newHome = () => path.join(root, `home ${++homes} ü`);
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const lockPorts = (home: string, change: Partial<FileLockPorts> = {}): FileLockPorts => ({
  files,
  clock: nodeClock,
  randomness: nodeRandomness,
  directory: path.join(home, 'locks'),
  hostName: 'here',
  pid: process.pid,
  isAlive,
  ...change,
});
const ledgerIn = (home: string, ports: Files = files) =>
  createFolderLedger(ports, path.join(home, 'store'), createFileLock(lockPorts(home)));

describe('the ledger on a folder', () => {
  ledgerContract(() => {
    const home = newHome();
    return Promise.resolve(() => ledgerIn(home));
  });

  test('a damaged record is named with its place, and does not keep the others from being read', async () => {
    const home = newHome();
    const ledger = ledgerIn(home);
    await ledger.create('records/builds/aaaa.json', { fine: true });
    await ledger.create('records/builds/bbbb.json', {});
    const place = path.join(home, 'store', 'records', 'builds', 'bbbb.json');
    truncateSync(place, 1);
    await expect(ledger.read('records/builds/bbbb.json')).rejects.toMatchObject({
      code: 'record-corrupt',
      message: expect.stringContaining(place) as string,
      details: { place },
    });
    expect(await ledger.keys('records/builds/')).toHaveLength(2);
    expect((await ledger.read('records/builds/aaaa.json'))?.body).toEqual({ fine: true });
  });

  test('a folder where a record should be is a damaged record', async () => {
    const home = newHome();
    const place = path.join(home, 'store', 'pointers', 'tool.json');
    await files.makeDirectory(place);
    await expect(ledgerIn(home).read('pointers/tool.json')).rejects.toMatchObject({ code: 'record-corrupt', details: { place } });
  });

  test('a file where its folder should be is named, and passes for no record', async () => {
    const home = newHome();
    await files.write(path.join(home, 'store', 'links'), '');
    await expect(ledgerIn(home).create('links/a.json', {})).rejects.toMatchObject({ code: 'io-failed' });
  });

  test('a record that was seen before is read anew after every change, however quick and however alike', async () => {
    const home = newHome();
    const [ours, theirs] = [ledgerIn(home), ledgerIn(home)];
    let revision = await theirs.create('links/a.json', { at: 0 });
    for (let at = 1; at <= 200; at++) {
      expect((await ours.read('links/a.json'))?.body).toEqual({ at: (at - 1) % 10 });
      revision = await theirs.replace('links/a.json', { at: at % 10 }, revision);
    }
    await theirs.remove('links/a.json');
    expect(await ours.read('links/a.json')).toBeUndefined();
  });

  test('a record is not read from the disk again while nothing has changed', async () => {
    const home = newHome();
    const texts: string[] = [];
    const counting = { ...files, readText: (file: string) => (texts.push(file), files.readText(file)) };
    const ledger = ledgerIn(home, counting);
    await ledger.create('links/a.json', { at: 1 });
    await ledger.read('links/a.json');
    await ledger.read('links/a.json');
    expect(texts).toHaveLength(2);
    jest.useFakeTimers({ now: Date.now() + 60_000, doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
    try {
      for (let times = 0; times < 5; times++) expect((await ledger.read('links/a.json'))?.body).toEqual({ at: 1 });
    } finally {
      jest.useRealTimers();
    }
    expect(texts).toHaveLength(3);
  });

  test('files that are being written are no keys', async () => {
    const home = newHome();
    const ledger = ledgerIn(home);
    await ledger.create('records/builds/aaaa.json', {});
    writeFileSync(path.join(home, 'store', 'records', 'builds', '.aaaa.json.1234.part'), '{');
    expect(await ledger.keys('records/')).toEqual(['records/builds/aaaa.json']);
  });

  test.each(['../outside', 'a//b', '/etc/passwd', 'a/../b', 'a\\b', 'a/.hidden', 'c:/x'])(
    'a key that leads astray is refused: %s',
    async (key) => {
      await expect(ledgerIn(newHome()).read(key)).rejects.toMatchObject({ code: 'internal' });
    },
  );
});

describe('the artifact store on a folder', () => {
  artifactStoreContract(() => Promise.resolve(createFolderArtifactStore(files, path.join(newHome(), 'store'))));

  const put = (store: ReturnType<typeof createFolderArtifactStore>, content: string) =>
    store.put('sources/a.zip', () => Readable.from([Buffer.from(content)]), {});
  const drain = async (content: Readable) => {
    for await (const chunk of content) void chunk;
  };

  test('a changed file is noticed when it is read, also when size and time are as they were', async () => {
    const home = newHome();
    const store = createFolderArtifactStore(files, path.join(home, 'store'));
    const { versionId } = await put(store, 'content');
    const place = path.join(home, 'store', 'sources', 'a.zip');
    const stat = await files.stat(place);
    writeFileSync(place, 'CONTENT');
    await expect(store.read('sources/a.zip', { versionId })).rejects.toMatchObject({ code: 'checksum-mismatch' });
    writeFileSync(place, 'content');
    await drain(await store.read('sources/a.zip', { versionId }));
    writeFileSync(place, 'CONTENT');
    utimesSync(place, new Date(stat?.modifiedAtMs ?? 0), new Date(stat?.modifiedAtMs ?? 0));
    await expect((async () => drain(await store.read('sources/a.zip', { versionId })))()).rejects.toMatchObject({
      code: 'checksum-mismatch',
    });
    await expect(store.copy({ key: 'sources/a.zip', versionId }, 'sources/b.zip')).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(await store.head('sources/b.zip')).toBeUndefined();
  });

  test('of a file that rotted unseen the last piece is never handed out, so that nobody gets as many bytes as were promised', async () => {
    const home = newHome();
    const store = createFolderArtifactStore(files, path.join(home, 'store'));
    const content = 'x'.repeat(200_000);
    const { versionId } = await put(store, content);
    const place = path.join(home, 'store', 'sources', 'a.zip');
    const stat = await files.stat(place);
    writeFileSync(place, `y${content.slice(1)}`);
    utimesSync(place, new Date(stat?.modifiedAtMs ?? 0), new Date(stat?.modifiedAtMs ?? 0));
    let received = 0;
    const read = async () => {
      for await (const chunk of await store.read('sources/a.zip', { versionId })) received += (chunk as Buffer).length;
    };
    await expect(read()).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(received).toBeLessThan(content.length);
  });

  describe('content that is opened', () => {
    const settled = (place: string) => utimesSync(place, 1_700_000_000, 1_700_000_000);
    const everything = async (store: ReturnType<typeof createFolderArtifactStore>, versionId: string, range: [number, number]) => {
      const opened = await store.open('sources/a.zip', { versionId, range: { start: range[0], endExclusive: range[1] } });
      const buffer = Buffer.alloc(7);
      let text = '';
      try {
        for (let filled = await opened.readNext(buffer); filled > 0; filled = await opened.readNext(buffer)) {
          text += buffer.toString('latin1', 0, filled);
        }
      } catch (thrown) {
        throw Object.assign(thrown as Error, { given: text });
      } finally {
        await opened.close();
      }
      return { text, sizeBytes: opened.sizeBytes };
    };

    test('is the same as what is read, whole and in parts', async () => {
      const store = createFolderArtifactStore(files, path.join(newHome(), 'store'));
      const { versionId } = await put(store, 'what was stored');
      expect(await everything(store, versionId, [0, 15])).toEqual({ text: 'what was stored', sizeBytes: 15 });
      expect(await everything(store, versionId, [5, 14])).toEqual({ text: 'was store', sizeBytes: 9 });
      await expect(everything(store, '0'.repeat(64), [0, 15])).rejects.toMatchObject({ code: 'checksum-mismatch' });
      await store.remove('sources/a.zip');
      await expect(everything(store, versionId, [0, 15])).rejects.toMatchObject({ code: 'artifact-not-found' });
    });

    test('of a file that rotted the last piece is never given', async () => {
      const home = newHome();
      const store = createFolderArtifactStore(files, path.join(home, 'store'));
      const { versionId } = await put(store, 'what was stored');
      const place = path.join(home, 'store', 'sources', 'a.zip');
      const { modifiedAtMs = 0 } = (await files.stat(place)) ?? {};
      writeFileSync(place, 'what was Stored');
      utimesSync(place, modifiedAtMs / 1_000, modifiedAtMs / 1_000);
      await expect(everything(store, versionId, [0, 15])).rejects.toMatchObject({ code: 'checksum-mismatch' });
    });

    test('a file that was proved before is proved again after any change, also when its time was set back', async () => {
      jest.useFakeTimers({ now: Date.now() + 60_000, doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
      try {
        const home = newHome();
        const store = createFolderArtifactStore(files, path.join(home, 'store'));
        const { versionId } = await put(store, 'what was stored');
        const place = path.join(home, 'store', 'sources', 'a.zip');
        settled(place);
        for (let times = 0; times < 2; times++) {
          expect((await everything(store, versionId, [0, 15])).text).toBe('what was stored');
        }
        writeFileSync(place, 'what was Stored');
        settled(place);
        const rotted = await everything(store, versionId, [0, 15]).catch((thrown: unknown) => thrown);
        expect(rotted).toMatchObject({ code: 'checksum-mismatch' });
        expect((rotted as { given?: string }).given ?? '').not.toContain('Stored');
      } finally {
        jest.useRealTimers();
      }
    });

    test('a link in place of a file is not followed', async () => {
      const home = newHome();
      const store = createFolderArtifactStore(files, path.join(home, 'store'));
      const { versionId } = await put(store, 'what was stored');
      const place = path.join(home, 'store', 'sources', 'a.zip');
      renameSync(place, path.join(home, 'elsewhere'));
      symlinkSync(path.join(home, 'elsewhere'), place);
      await expect(everything(store, versionId, [0, 15])).rejects.toMatchObject({ name: 'SlipwayError' });
    });
  });

  test.each(['file', 'folder'])('digests that are damaged (%s) only cost time', async (kind) => {
    const home = newHome();
    const store = createFolderArtifactStore(files, path.join(home, 'store'));
    const { versionId } = await put(store, 'content');
    const digests = path.join(home, 'store', '.digests');
    const [sidecar = ''] = readdirSync(digests);
    rmSync(digests, { recursive: true });
    if (kind === 'file') writeFileSync(digests, '');
    else await files.makeDirectory(path.join(digests, sidecar));
    await drain(await store.read('sources/a.zip', { versionId }));
    await store.copy({ key: 'sources/a.zip', versionId }, 'sources/b.zip');
    await store.remove('sources/a.zip');
    expect(await store.head('sources/a.zip')).toBeUndefined();
  });

  test('a damaged file under the name of its digest is written anew', async () => {
    const home = newHome();
    const store = createFolderArtifactStore(files, path.join(home, 'store'));
    const { versionId } = await put(store, 'content');
    writeFileSync(path.join(home, 'store', 'sources', 'a.zip'), 'damage');
    const again = await store.put('sources/a.zip', () => Readable.from([Buffer.from('content')]), { sha256: versionId, ifAbsent: true });
    expect(again.versionId).toBe(versionId);
    await drain(await store.read('sources/a.zip', { versionId }));
  });

  test('a staging area that was emptied leaves no folders', async () => {
    const home = newHome();
    const store = createFolderArtifactStore(files, path.join(home, 'store'));
    await store.put('staging/b/p/n/report.json', () => Readable.from([Buffer.from('{}')]), {});
    await store.remove('staging/b/p/n/report.json');
    expect(readdirSync(path.join(home, 'store', 'staging'))).toEqual([]);
  });
});

describe('locks', () => {
  const lockFiles = (home: string) => readdirSync(path.join(home, 'locks'));
  const deadPid = () => spawnSyncPid();

  test('two holders never meet', async () => {
    const home = newHome();
    const locks = Array.from({ length: 4 }, () => createFileLock(lockPorts(home)));
    let inside = 0;
    let most = 0;
    await Promise.all(
      locks.flatMap((lock) =>
        Array.from({ length: 5 }, () =>
          lock('key', async () => {
            most = Math.max(most, ++inside);
            await nodeClock.sleep(1);
            inside -= 1;
          }),
        ),
      ),
    );
    expect(most).toBe(1);
    expect(lockFiles(home)).toEqual([]);
  });

  test('the lock of a holder that died is broken at once', async () => {
    const home = newHome();
    const dead = createFileLock(lockPorts(home, { pid: deadPid(), files: { ...files, remove: () => Promise.resolve() } }));
    await dead('key', () => Promise.resolve());
    expect(lockFiles(home)).toHaveLength(1);
    const startedAtMs = Date.now();
    expect(await createFileLock(lockPorts(home))('key', () => Promise.resolve('mine'))).toBe('mine');
    expect(Date.now() - startedAtMs).toBeLessThan(5_000);
    expect(lockFiles(home)).toEqual([]);
  });

  test('the lock of another machine is waited for, and broken when it is old', async () => {
    const home = newHome();
    const clock = createManualClock(new Date().toISOString());
    const far = createFileLock(lockPorts(home, { hostName: 'far', files: { ...files, remove: () => Promise.resolve() } }));
    await far('key', () => Promise.resolve());
    await expect(createFileLock(lockPorts(home, { clock, patienceMs: 50 }))('key', () => Promise.resolve())).rejects.toMatchObject({
      code: 'store-busy',
    });
    clock.advance(60_000);
    expect(await createFileLock(lockPorts(home, { clock }))('key', () => Promise.resolve('mine'))).toBe('mine');
  });

  test('what can never be locked is an error, not an endless wait', async () => {
    const home = newHome();
    const lock = createFileLock(lockPorts(home, { patienceMs: 20 }));
    await lock('key', () => {
      const [own = ''] = lockFiles(home);
      rmSync(path.join(home, 'locks', own));
      symlinkSync(path.join(home, 'nowhere'), path.join(home, 'locks', own));
      return Promise.resolve();
    });
    await expect(lock('key', () => Promise.resolve())).rejects.toMatchObject({ code: 'store-busy' });
    rmSync(path.join(home, 'locks'), { recursive: true });
    writeFileSync(path.join(home, 'locks'), '');
    await expect(lock('key', () => Promise.resolve())).rejects.toMatchObject({ code: 'io-failed' });
  });

  test('an error inside frees the lock', async () => {
    const home = newHome();
    const lock = createFileLock(lockPorts(home));
    await expect(lock('key', () => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
    expect(await lock('key', () => Promise.resolve(1))).toBe(1);
    expect(lockFiles(home)).toEqual([]);
  });
});

/** The pid of a process that has ended. */
function spawnSyncPid(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid;
}

test('records are readable files', async () => {
  const home = newHome();
  await ledgerIn(home).create('pointers/fieldkit.json', { name: 'fieldkit' });
  expect(readFileSync(path.join(home, 'store', 'pointers', 'fieldkit.json'), 'utf8')).toBe('{\n  "name": "fieldkit"\n}\n');
});
