/** Owns the names of the parameters of a deployment in SSM. People and scripts read them; the records in the bucket are the truth. */

/** What stages may be called: it goes into stack, parameter and project names. */
export const STAGE_PATTERN = /^[a-z][a-z0-9-]{0,15}$/;

/** The stage of a command that names none. */
export const DEFAULT_STAGE = 'prod';

export const parameterName = {
  /** Everything that operators' tools need to know; the one parameter that they read. */
  config: (stage: string) => `/slipway/${stage}/config`,
  /** Above everything that belongs to applications. */
  apps: (stage: string) => `/slipway/${stage}/apps`,
  latestBuild: (stage: string, name: string) => `/slipway/${stage}/apps/${name}/latest-build`,
  /** A SecureString: it holds the token of the newest link. */
  distribution: (stage: string, name: string) => `/slipway/${stage}/apps/${name}/distribution`,
  /** SecureStrings that the application's builds get as environment variables; written by its owners. */
  secret: (stage: string, name: string, variable: string) => `/slipway/${stage}/apps/${name}/secrets/${variable}`,
} as const;
