/** Owns which deployment a command is about, as far as people say it. */
export interface DeploymentPlace {
  readonly stage: string;
  /** Undefined: what AWS_REGION or the profile says. */
  readonly region?: string;
  /** Undefined: AWS_PROFILE, or the default credentials. */
  readonly profile?: string;
}
