/**
 * Owns where a sidecar of a Tauri 2 host lies: in the archive of a build, in the host's `src-tauri`, and where Tauri puts it from there.
 *
 * Tauri takes `binaries/NAME` of `bundle.externalBin` from `binaries/NAME-TRIPLE[.exe]`, drops the triple and puts it beside the host's
 * executable; a folder of `bundle.resources` keeps its path below the resource folder (v2.tauri.app/develop/sidecar and /resources):
 *
 *     where the host runs            the sidecar                      its resources
 *     cargo's target/debug           target/debug/NAME                target/debug/resources/…
 *     .deb, .rpm, AppImage           /usr/bin/NAME                    /usr/lib/PRODUCT/resources/…
 *     .app                           Contents/MacOS/NAME              Contents/Resources/resources/…
 *     Windows (NSIS, MSI)            PRODUCT\NAME.exe                 PRODUCT\resources\…
 *
 * (`resource_dir_from` in tauri-utils/src/platform.rs, `copy_binaries` and `copy_resources` in tauri-build/src/lib.rs,
 * `generate_data` in tauri-bundler/src/bundle/linux/debian.rs; the same in 2.0 and 2.12.)
 */
import { PLATFORMS, type PlatformId } from '../platform';

/** The folder in a package that a host's `src-tauri` takes over. */
export const TAURI_FOLDER = 'tauri';

/** In the archive: what `tauri build --config` takes where only this platform's sidecars are there. */
export const FRAGMENT_FILE = 'tauri.conf.slipway.json';

/** What `externalBin` says: without the triple. */
export function externalBinOf(name: string): string {
  return `binaries/${name}`;
}

/** `binaries/NAME-TRIPLE[.exe]`, below `tauri/` and below `src-tauri/` alike. */
export function binaryPath(name: string, platform: PlatformId): string {
  const { triple, executableSuffix } = PLATFORMS[platform];
  return `${externalBinOf(name)}-${triple}${executableSuffix}`;
}

/** The sidecar that such a file is of, or undefined. */
export function sidecarOfBinary(file: string, platform: PlatformId): string | undefined {
  const { triple, executableSuffix } = PLATFORMS[platform];
  const ending = `-${triple}${executableSuffix}`;
  return file.endsWith(ending) && file.length > ending.length ? file.slice(0, -ending.length) : undefined;
}

/** In the archive, which holds one platform. */
export function archivedResources(name: string): string {
  return `resources/${name}`;
}

/** In `src-tauri`, where all platforms lie at once, and below the resource folder of every bundle. */
export function placedResources(name: string, platform: PlatformId): string {
  return `${archivedResources(name)}/${PLATFORMS[platform].triple}`;
}

/** Where the launcher looks for the program's folder, relative to its own: what Tauri made first, then what Slipway made. */
export function resourceFolders(name: string, platform: PlatformId): readonly string[] {
  const placed = placedResources(name, platform);
  const installed = { linux: [`../lib/*/${placed}`], macos: [`../Resources/${placed}`], windows: [] }[PLATFORMS[platform].os];
  return [placed, ...installed, `../${placed}`, `../${archivedResources(name)}`];
}

export interface ShippedSidecar {
  readonly name: string;
  readonly form: 'resources' | 'onefile';
}

/** The text of {@link FRAGMENT_FILE}. */
export function fragmentText(sidecars: readonly ShippedSidecar[], platform: PlatformId): string {
  const sorted = [...sidecars].sort((a, b) => (a.name < b.name ? -1 : 1));
  const folders = sorted.filter(({ form }) => form === 'resources').map(({ name }) => name);
  return jsonText({
    bundle: {
      externalBin: sorted.map(({ name }) => externalBinOf(name)),
      ...(folders.length === 0
        ? {}
        : { resources: Object.fromEntries(folders.map((name) => [`${archivedResources(name)}/`, `${placedResources(name, platform)}/`])) }),
    },
  });
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * Why Tauri could not take a sidecar of this name: it drops `-TRIPLE` wherever that stands in a file's name.
 * @returns undefined where it can
 */
export function sidecarNameProblem(name: string): string | undefined {
  const { triple } = Object.values(PLATFORMS).find((platform) => name.includes(`-${platform.triple}`)) ?? {};
  return triple === undefined ? undefined : `Tauri takes '-${triple}' out of the name of a sidecar: leave it out, slipway adds it`;
}
