/** Synthesizes stages as `bin/app.ts` does, with small folders in place of the bundles, and reads the templates. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { parseSettings } from '../../core/deployment/settings-text';
import { FUNCTION_VARIABLES } from '../../lambda/environment';
import { addSlipway } from '../../lib/slipway-app';

export const REGION = 'eu-central-1';
export const ACCOUNT = '111122223333';

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
}

export interface Synthesized {
  /** By stack name. */
  readonly templates: Readonly<Record<string, Template>>;
  /** What the CDK warned of. */
  readonly warnings: readonly string[];
}

export interface SynthesizeOptions {
  /** Undefined: nobody knows yet where it goes. */
  readonly place?: { readonly region?: string; readonly account?: string };
  /** With cdk-nag: `synth` throws for what is not acknowledged. */
  readonly isJudged?: boolean;
}

const root = path.join(__dirname, '../..');
const { context } = JSON.parse(readFileSync(path.join(root, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };

/** @param stages settings as they would be written, one for each stage */
export function synthesize(stages: readonly unknown[] = [{}], options: SynthesizeOptions = {}): Synthesized {
  const { place = { region: REGION, account: ACCOUNT }, isJudged = false } = options;
  const work = mkdtempSync(path.join(tmpdir(), 'slipway-synth-'));
  try {
    const folders = fixtureFolders(work);
    const app = new App({ context, outdir: path.join(work, 'out') });
    if (isJudged) Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
    for (const raw of stages) addSlipway(app, { settings: parseSettings(raw, place.region), place, slipwayVersion: '1.2.3', ...folders });
    const assembly = app.synth();
    return {
      templates: Object.fromEntries(assembly.stacks.map((stack) => [stack.stackName, stack.template as Template])),
      warnings: assembly.stacks.flatMap((stack) => stack.messages.map(({ entry }) => textOf(entry.data))),
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Equal bytes each time: assets are named by them. */
function fixtureFolders(work: string): { readonly functionsDirectory: string; readonly buildToolsDirectory: string } {
  const functionsDirectory = path.join(work, 'lambda');
  for (const name of Object.keys(FUNCTION_VARIABLES)) {
    mkdirSync(path.join(functionsDirectory, name), { recursive: true });
    writeFileSync(path.join(functionsDirectory, name, 'index.mjs'), `export const handler = async () => '${name}';\n`);
  }
  const buildToolsDirectory = path.join(work, 'build-tools');
  mkdirSync(buildToolsDirectory);
  for (const file of ['linux.yml', 'windows.yml']) writeFileSync(path.join(buildToolsDirectory, file), 'version: 0.2\n');
  return { functionsDirectory, buildToolsDirectory };
}

/** Every resource of a type, with its logical id. */
export function resourcesOf(template: Template, type: string): readonly (Resource & { readonly id: string })[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, ...resource }));
}

/** The one template whose stack's name ends so. */
export function templateOf({ templates }: Synthesized, part: 'Storage' | 'Builds' | 'Control', stage = 'prod'): Template {
  const template = templates[`Slipway-${stage}-${part}`];
  if (template === undefined) throw new Error(`there is no stack '${part}' of '${stage}'`);
  return template;
}

function textOf(data: unknown): string {
  return typeof data === 'string' ? data : JSON.stringify(data);
}
