/**
 * Owns the names that resources of one account and region get: each begins with the stage, so that stages stand side by side.
 * Roles, policies and buckets have none: those names are shared by all regions, or by everybody.
 */
import type { PlatformId } from '../core/platform';

export const resourceName = {
  stack: (stage: string, part: 'Storage' | 'Builds' | 'Control') => `Slipway-${stage}-${part}`,
  project: (stage: string, platform: PlatformId) => `slipway-${stage}-${platform}`,
  buildLogs: (stage: string, platform: PlatformId) => `/slipway/${stage}/builds/${platform}`,
  function: (stage: string, name: string) => `slipway-${stage}-${name}`,
  functionLogs: (stage: string, name: string) => `/slipway/${stage}/functions/${name}`,
  gateLogs: (stage: string) => `/slipway/${stage}/gate`,
  alarm: (stage: string, name: string) => `slipway-${stage}-${name}`,
} as const;
