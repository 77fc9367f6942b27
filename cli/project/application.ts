/**
 * Owns the question which application and which target a command is about, where it does not say so itself:
 * the nearest slipway.yaml upward tells both. A command that is given an id works without any.
 */
import path from 'node:path';
import { isNode, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import type { DeploymentPlace } from '../../core/deployment/deployment-place';
import { DEFAULT_STAGE } from '../../core/deployment/parameter-names';
import { AppNameSchema, RecipeSchema } from '../../core/recipe/recipe';
import { SlipwayError } from '../../core/slipway-error';
import type { CliContext } from '../context';
import { findRecipeFileIfAny } from './recipe-file';

export interface Application {
  /** Undefined where neither --app nor a slipway.yaml names one. */
  readonly name?: string;
  readonly title?: string;
  readonly target: 'local' | 'aws';
  /** Which deployment `aws` is: the options, else `aws:` of slipway.yaml. */
  readonly place: DeploymentPlace;
  /** `distribute.expires-hours` and `distribute.allowed-ips`, where they are written. */
  readonly expiresHours?: number;
  readonly allowedIps?: readonly string[];
  /** Why nobody may go by these two: a list of addresses that cannot be read is not one for everybody. */
  readonly distributeProblem?: SlipwayError;
}

/** @throws SlipwayError `bad-usage` for a name that no application has, `recipe-not-found` for a `--config` that is not there */
export async function readApplication(context: CliContext): Promise<Application> {
  const { app, target } = context.globals;
  if (app !== undefined && !AppNameSchema.safeParse(app).success) {
    throw new SlipwayError('bad-usage', `'${app}' is no name of an application`, { hint: 'use the name in its slipway.yaml' });
  }
  const told = await readNearestRecipe(context);
  // Another application's title and habits are not this one's.
  const { place, distributeProblem, ...habits } = told;
  const own = app === undefined || app === told.name ? habits : {};
  const isForeign = app !== undefined && told.name !== undefined && app !== told.name;
  const name = app ?? told.name;
  return {
    ...own,
    ...(isForeign || distributeProblem === undefined ? {} : { distributeProblem }),
    ...(name === undefined ? {} : { name }),
    target: target ?? told.target ?? 'local',
    place: placeOf(context, place),
  };
}

type Told = Partial<Omit<Application, 'place'>> & { readonly place?: Partial<DeploymentPlace> };

/** Another application of the same project is deployed where this one is: the place holds for `--app` too. */
function placeOf({ globals }: CliContext, told: Partial<DeploymentPlace> = {}): DeploymentPlace {
  const { region = told.region, profile = told.profile } = globals;
  return {
    stage: globals.stage ?? told.stage ?? DEFAULT_STAGE,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  };
}

/** Reads these keys alone: a recipe with a mistake elsewhere must not keep anybody from looking at a build. */
async function readNearestRecipe(context: CliContext): Promise<Told> {
  const files = await context.files();
  const file = await findRecipeFileIfAny(context);
  if (file === undefined) return {};
  const document = parseDocument(await files.readText(file));
  const toPlain = (value: unknown): unknown => (isNode(value) ? value.toJSON() : value);
  const read = <T>(schema: z.ZodType<T>, ...keys: readonly string[]) => schema.safeParse(toPlain(document.getIn([...keys]))).data;
  const told = {
    name: read(AppNameSchema, 'name'),
    title: read(z.string(), 'title'),
    target: read(z.enum(['local', 'aws']), 'target'),
    expiresHours: read(z.number(), 'distribute', 'expires-hours'),
    allowedIps: read(z.array(z.string()), 'distribute', 'allowed-ips'),
    place: read(z.object({ stage: z.string(), region: z.string(), profile: z.string() }).partial(), 'aws') as
      Partial<DeploymentPlace> | undefined,
    distributeProblem: problemOf(document, path.basename(file)),
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

const DistributeSchema = z.strictObject({ 'expires-hours': z.number().optional(), 'allowed-ips': z.array(z.string()).optional() });

/** What may have lost `distribute:` or a part of it: a mistake in the text, a key that is none, a value of another kind. */
function problemOf(document: Document.Parsed, file: string): SlipwayError | undefined {
  const content: unknown = document.errors.length > 0 ? undefined : document.toJS();
  const fields = z.record(z.string(), z.unknown()).safeParse(content).data ?? {};
  const unknownKey = Object.keys(fields).find((key) => !Object.hasOwn(RecipeSchema.shape, key));
  const [issue] = fields.distribute === undefined ? [] : (DistributeSchema.safeParse(fields.distribute).error?.issues ?? []);
  const what =
    document.errors[0]?.message.split('\n')[0] ??
    (unknownKey === undefined ? undefined : `it has no key '${unknownKey}'`) ??
    (issue === undefined ? undefined : `${['distribute', ...issue.path].join('.')}: ${issue.message}`);
  if (what === undefined) return undefined;
  return new SlipwayError('recipe-invalid', `'${file}' does not say for sure whom a link is for: ${what}`, {
    hint: 'run slipway check and correct it, or give both --allowed-ips and --expires-hours',
  });
}
