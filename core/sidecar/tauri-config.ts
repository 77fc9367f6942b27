/**
 * Owns the configuration files that make Tauri take the sidecars lying in a host's `src-tauri`: one per operating system, which Tauri
 * merges into `tauri.conf.json` by itself, and one per target for `tauri build --config`, which names that target's files alone.
 * Both are JSON Merge Patches (RFC 7396): a list replaces a list, so the host's own entries are repeated; `null` takes an entry out.
 * v2.tauri.app/develop/configuration-files
 */
import { PLATFORMS, type OperatingSystem, type PlatformId } from '../platform';
import { externalBinOf, jsonText, placedResources, type ShippedSidecar } from './tauri-layout';

/** Everything of Slipway's own in `src-tauri` that is no sidecar. */
export const OWN_FOLDER = 'slipway';

/** What the host's own `tauri.conf.json` says. */
export interface HostBundle {
  readonly externalBin: readonly string[];
  readonly resources: readonly string[] | Readonly<Record<string, string>>;
}

export interface PlacedPlatform {
  readonly platform: PlatformId;
  readonly sidecars: readonly ShippedSidecar[];
}

/** Tauri reads it beside `tauri.conf.json` where it builds for that system. */
export function systemConfigPath(os: OperatingSystem): string {
  return `tauri.${os}.conf.json`;
}

export function targetConfigPath(platform: PlatformId): string {
  return `${OWN_FOLDER}/${PLATFORMS[platform].triple}.conf.json`;
}

/** Path in `src-tauri` -> text, for all that is in place. */
export function configTexts(placed: readonly PlacedPlatform[], host: HostBundle): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const used = placed.filter(({ sidecars }) => sidecars.length > 0);
  for (const os of ['linux', 'macos', 'windows'] as const) {
    const here = used.filter(({ platform }) => PLATFORMS[platform].os === os);
    if (here.length > 0) texts.set(systemConfigPath(os), configText(here, [], host));
    for (const one of here)
      texts.set(
        targetConfigPath(one.platform),
        configText(
          [one],
          here.filter((other) => other !== one),
          host,
        ),
      );
  }
  return texts;
}

/** @param others in the configuration that this one is merged into, and not wanted */
function configText(wanted: readonly PlacedPlatform[], others: readonly PlacedPlatform[], host: HostBundle): string {
  const names = wanted.flatMap(({ sidecars }) => sidecars.map(({ name }) => externalBinOf(name)));
  const folders = wanted.flatMap(resourcesOf);
  const dropped = others.flatMap(resourcesOf);
  const externalBin = [...new Set([...host.externalBin, ...names.sort()])];
  return jsonText({ bundle: { externalBin, ...resourceEntries(folders, dropped, host.resources) } });
}

function resourceEntries(
  folders: readonly string[],
  dropped: readonly string[],
  own: HostBundle['resources'],
): { readonly resources?: readonly string[] | Readonly<Record<string, string | null>> } {
  if (folders.length === 0 && dropped.length === 0) return {};
  // A folder of a list keeps its path below the resource folder: the same place that the map names.
  if (isList(own) && own.length > 0) return { resources: [...new Set([...own, ...folders])] };
  const taken = folders.map((folder): readonly [string, string | null] => [folder, folder]);
  const left = dropped.map((folder): readonly [string, string | null] => [folder, null]);
  return { resources: Object.fromEntries([...left, ...taken]) };
}

function isList(value: HostBundle['resources']): value is readonly string[] {
  return Array.isArray(value);
}

function resourcesOf({ platform, sidecars }: PlacedPlatform): readonly string[] {
  return sidecars
    .filter(({ form }) => form === 'resources')
    .map(({ name }) => `${placedResources(name, platform)}/`)
    .sort();
}

/** What of a parsed `tauri.conf.json` counts here; what has another shape is Tauri's to refuse. */
export function hostBundleOf(config: unknown): HostBundle {
  const bundle = fieldOf(config, 'bundle');
  const externalBin = fieldOf(bundle, 'externalBin');
  const resources = fieldOf(bundle, 'resources');
  return {
    externalBin: stringsOf(externalBin),
    resources: Array.isArray(resources) ? stringsOf(resources) : {},
  };
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
