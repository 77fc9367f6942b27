/** Owns how it is told what was put into a Tauri host's `src-tauri`, and what the host is built with now. */
import path from 'node:path';
import type { BuildRecord } from '../../core/build/build-record';
import { PLATFORM_IDS, PLATFORMS, type PlatformId } from '../../core/platform';
import { targetConfigPath } from '../../core/sidecar/tauri-config';

interface Placed {
  readonly placed: readonly { readonly platform: PlatformId; readonly paths: readonly string[]; readonly wasThere: boolean }[];
  readonly missing: readonly { readonly platform: PlatformId; readonly reason: string }[];
  readonly removed: readonly string[];
  readonly configs: readonly string[];
  readonly foreignConfigs: readonly string[];
}

export function describePlaced(
  record: BuildRecord,
  project: { readonly directory: string; readonly isRead: boolean },
  { placed, missing, removed, configs, foreignConfigs }: Placed,
): string {
  const unbuilt = PLATFORM_IDS.filter((platform) => record.jobs[platform] === undefined);
  return [
    `build ${record.buildId}  ${record.name} ${record.version}  ->  ${project.directory}${path.sep}`,
    ...placed.flatMap(({ platform, paths, wasThere }) => paths.map((name) => `  ${platform}  ${name}${wasThere ? '  (was there)' : ''}`)),
    ...configs.map((name) => `  ${name}`),
    ...removed.map((name) => `  removed ${name}, of an earlier build`),
    ...missing.map(({ platform, reason }) => `missing: ${platform}: ${reason}`),
    ...(unbuilt.length === 0 ? [] : [`not in this build: ${unbuilt.join(', ')}`]),
    ...advice(
      placed.map(({ platform }) => platform),
      project.isRead,
      foreignConfigs,
    ),
  ].join('\n');
}

/** What to type where Tauri does not do the right thing by itself. */
function advice(platforms: readonly PlatformId[], isRead: boolean, foreignConfigs: readonly string[]): readonly string[] {
  const [first] = platforms;
  if (first === undefined) return [];
  const example = `tauri build --config src-tauri/${targetConfigPath(first)}`;
  const twins = (['linux', 'macos', 'windows'] as const).filter((os) => platforms.filter((id) => PLATFORMS[id].os === os).length > 1);
  return [
    ...(isRead ? [] : [`tauri.conf.json5 and Tauri.toml are not read here: name the sidecars when you build, such as ${example}`]),
    ...foreignConfigs.map((name) => `${name} is your own and stays as it is: name the sidecars when you build, such as ${example}`),
    ...(isRead && twins.length > 0 ? [`${twins.join(' and ')}: a bundle takes both architectures along; ${example} takes one`] : []),
  ];
}
