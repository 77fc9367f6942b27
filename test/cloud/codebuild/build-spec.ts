/**
 * Owns what a buildspec says: YAML text -> phases, artifacts, variables. Pure.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
 */
import { parse } from 'yaml';
import { z } from 'zod';

export const COMMAND_PHASES = ['INSTALL', 'PRE_BUILD', 'BUILD', 'POST_BUILD'] as const;
export type CommandPhase = (typeof COMMAND_PHASES)[number];

/** A command that YAML reads as anything but text ("a colon followed by a space is not allowed") fails the build, as it does there. */
const CommandsSchema = z.array(z.string()).nullish();

const PhaseSchema = z.strictObject({
  'run-as': z.string().optional(),
  'on-failure': z.enum(['ABORT', 'CONTINUE']).optional(),
  'runtime-versions': z.record(z.string(), z.unknown()).optional(),
  commands: CommandsSchema,
  finally: CommandsSchema,
});

const yesNo = z.union([z.boolean(), z.enum(['yes', 'no'])]).transform((value) => value === true || value === 'yes');

const ArtifactsSchema = z.strictObject({
  files: z.array(z.string()),
  name: z.string().optional(),
  'discard-paths': yesNo.optional(),
  'base-directory': z.string().optional(),
  'exclude-paths': z.array(z.string()).optional(),
  'enable-symlinks': yesNo.optional(),
  's3-prefix': z.string().optional(),
});

const BuildSpecSchema = z.strictObject({
  version: z.union([z.literal(0.2), z.literal('0.2')]),
  'run-as': z.string().optional(),
  env: z
    .strictObject({
      shell: z.enum(['bash', '/bin/sh', 'powershell.exe', 'cmd.exe']).optional(),
      variables: z.record(z.string(), z.coerce.string()).optional(),
      'parameter-store': z.record(z.string(), z.string()).optional(),
      'exported-variables': z.array(z.string()).optional(),
      'git-credential-helper': yesNo.optional(),
    })
    .optional(),
  phases: z.strictObject({
    install: PhaseSchema.optional(),
    pre_build: PhaseSchema.optional(),
    build: PhaseSchema.optional(),
    post_build: PhaseSchema.optional(),
  }),
  artifacts: ArtifactsSchema.optional(),
  cache: z.unknown().optional(),
});

export interface SpecPhase {
  readonly commands: readonly string[];
  readonly finally: readonly string[];
  readonly onFailure: 'ABORT' | 'CONTINUE' | undefined;
}

export interface SpecArtifacts {
  readonly files: readonly string[];
  readonly excluded: readonly string[];
  readonly baseDirectory: string | undefined;
  readonly isFlat: boolean;
  /** Used with `overrideArtifactName` alone. */
  readonly name: string | undefined;
}

export interface BuildSpec {
  readonly shell: 'bash' | 'sh';
  readonly variables: Readonly<Record<string, string>>;
  /** Variable -> the name of a parameter. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly phases: Readonly<Record<CommandPhase, SpecPhase>>;
  readonly artifacts: SpecArtifacts | undefined;
}

/** What CodeBuild says about a buildspec that it cannot use; its status code is `YAML_FILE_ERROR`. */
export class BuildSpecError extends Error {}

/** @throws BuildSpecError */
export function parseBuildSpec(text: string): BuildSpec {
  let body: unknown;
  try {
    body = parse(text);
  } catch (thrown) {
    throw new BuildSpecError(`wrong yaml format: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
  const parsed = BuildSpecSchema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new BuildSpecError(`invalid buildspec: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { env, phases, artifacts } = parsed.data;
  if (env?.shell === 'powershell.exe' || env?.shell === 'cmd.exe') throw new BuildSpecError(`this host has no '${env.shell}'`);
  return {
    // "For Linux, supported shell tags are bash and /bin/sh"; the default is sh.
    shell: env?.shell === 'bash' ? 'bash' : 'sh',
    variables: env?.variables ?? {},
    parameters: env?.['parameter-store'] ?? {},
    phases: {
      INSTALL: phaseOf(phases.install),
      PRE_BUILD: phaseOf(phases.pre_build),
      BUILD: phaseOf(phases.build),
      POST_BUILD: phaseOf(phases.post_build),
    },
    artifacts: artifacts === undefined ? undefined : artifactsOf(artifacts),
  };
}

function phaseOf(phase: z.infer<typeof PhaseSchema> | undefined): SpecPhase {
  return { commands: phase?.commands ?? [], finally: phase?.finally ?? [], onFailure: phase?.['on-failure'] };
}

function artifactsOf(artifacts: z.infer<typeof ArtifactsSchema>): SpecArtifacts {
  return {
    files: artifacts.files,
    excluded: artifacts['exclude-paths'] ?? [],
    baseDirectory: artifacts['base-directory'],
    isFlat: artifacts['discard-paths'] ?? false,
    name: artifacts.name,
  };
}
