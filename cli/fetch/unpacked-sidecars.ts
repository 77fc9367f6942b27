/** Owns what an unpacked package holds for a Tauri host, and the digests by which it is known again once it is in place. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { PlatformId } from '../../core/platform';
import type { Files } from '../../core/ports/files';
import type { PlacedSidecar } from '../../core/sidecar/placed-sidecars';
import { archivedResources, binaryPath, placedResources, sidecarOfBinary, TAURI_FOLDER } from '../../core/sidecar/tauri-layout';
import { sha256OfFile } from './fetch-file';

/** One file or folder on its way into `src-tauri`. */
export interface SidecarPart {
  /** Where it is, absolute. */
  readonly source: string;
  /** Where it goes, relative to `src-tauri`, forward slashes. */
  readonly target: string;
}

export interface UnpackedSidecar {
  readonly sidecar: PlacedSidecar;
  readonly parts: readonly SidecarPart[];
}

/** @param folder the one folder of an archive; one without a `tauri` folder holds no sidecar */
export async function findSidecars(files: Files, folder: string, platform: PlatformId): Promise<readonly UnpackedSidecar[]> {
  const root = path.join(folder, TAURI_FOLDER);
  const binaries = path.join(root, 'binaries');
  if ((await files.stat(binaries))?.kind !== 'directory') return [];
  const found: UnpackedSidecar[] = [];
  for (const { name: file, kind } of await files.list(binaries)) {
    const name = sidecarOfBinary(file, platform);
    if (kind !== 'file' || name === undefined) continue;
    const resources = path.join(root, ...archivedResources(name).split('/'));
    const hasResources = (await files.stat(resources))?.kind === 'directory';
    found.push({
      sidecar: {
        name,
        form: hasResources ? 'resources' : 'onefile',
        sha256: await sha256OfFile(files, path.join(binaries, file)),
        ...(hasResources ? { resourcesSha256: await digestOfFolder(files, resources) } : {}),
      },
      parts: [
        { source: path.join(binaries, file), target: binaryPath(name, platform) },
        ...(hasResources ? [{ source: resources, target: placedResources(name, platform) }] : []),
      ],
    });
  }
  return found;
}

/** Where a sidecar's parts lie in `src-tauri`. */
export function targetsOf({ name, form }: Pick<PlacedSidecar, 'name' | 'form'>, platform: PlatformId): readonly string[] {
  return [binaryPath(name, platform), ...(form === 'resources' ? [placedResources(name, platform)] : [])];
}

/** Whether everything of it lies in `src-tauri` as it came. */
export async function isInPlace(files: Files, directory: string, sidecar: PlacedSidecar, platform: PlatformId): Promise<boolean> {
  const binary = path.join(directory, ...binaryPath(sidecar.name, platform).split('/'));
  if ((await files.stat(binary))?.kind !== 'file' || (await sha256OfFile(files, binary)) !== sidecar.sha256) return false;
  if (sidecar.resourcesSha256 === undefined) return true;
  const resources = path.join(directory, ...placedResources(sidecar.name, platform).split('/'));
  return (await files.stat(resources))?.kind === 'directory' && (await digestOfFolder(files, resources)) === sidecar.resourcesSha256;
}

/** Of names, execute bits and content. */
async function digestOfFolder(files: Files, folder: string): Promise<string> {
  const lines: string[] = [];
  const visit = async (directory: string, prefix: string): Promise<void> => {
    for (const { name } of await files.list(directory)) {
      const place = path.join(directory, name);
      const stat = await files.stat(place);
      if (stat?.kind === 'directory') await visit(place, `${prefix}${name}/`);
      else if (stat?.kind === 'file')
        lines.push(`${await sha256OfFile(files, place)} ${(stat.mode & 0o111) === 0 ? '-' : 'x'} ${prefix}${name}`);
      else lines.push(`${stat?.kind ?? 'gone'} ${prefix}${name}`);
    }
  };
  await visit(folder, '');
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
