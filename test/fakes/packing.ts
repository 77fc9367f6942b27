/** A packer on a folder of the test's own, and the trees it packs. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SourcePacker, SourceRequest } from '../../core/ports/source-packer';
import { createNodeFiles } from '../../local/machine/files-node';
import { createZipSourcePacker, type ZipSourcePackerOptions } from '../../local/source/source-packer-zip';

export interface Workplace {
  readonly directory: string;
  /** The tree that is packed. */
  readonly root: string;
  /** Where archives lie. */
  readonly archives: string;
  packer(options?: Partial<ZipSourcePackerOptions>): SourcePacker;
  request(overrides?: Partial<SourceRequest>): SourceRequest;
  /** Writes files of the tree: a text, or `{ link: target }`. */
  put(files: Readonly<Record<string, string | Uint8Array | { readonly link: string }>>): void;
  remove(): void;
}

export function createWorkplace(): Workplace {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'slipway-source-')));
  const root = path.join(directory, 'tree');
  const archives = path.join(directory, 'archives');
  mkdirSync(root);
  return {
    directory,
    root,
    archives,
    packer: (options) =>
      createZipSourcePacker({
        files: createNodeFiles(),
        directory: archives,
        homeDirectory: path.join(directory, 'home'),
        nodePlatform: 'linux',
        now: Date.now,
        ...options,
      }),
    request: (overrides) => ({
      root,
      include: [],
      projectPath: '.',
      required: [],
      forWindows: false,
      additions: [],
      ...overrides,
    }),
    put: (files) => {
      for (const [name, content] of Object.entries(files)) {
        const file = path.join(root, name);
        mkdirSync(path.dirname(file), { recursive: true });
        if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(file, content);
        else symlinkSync(content.link, file);
      }
    },
    remove: () => {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
