/**
 * Owns the question which application and which target a command is about, where it does not say so itself:
 * the nearest slipway.yaml upward tells both. A command that is given an id works without any.
 */
import { isNode, parseDocument } from 'yaml';
import { z } from 'zod';
import type { DeploymentPlace } from '../../core/deployment/deployment-place';
import { DEFAULT_STAGE } from '../../core/deployment/parameter-names';
import { AppNameSchema } from '../../core/recipe/recipe';
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
}

/** @throws SlipwayError `bad-usage` for a name that no application has, `recipe-not-found` for a `--config` that is not there */
export async function readApplication(context: CliContext): Promise<Application> {
  const { app, target } = context.globals;
  if (app !== undefined && !AppNameSchema.safeParse(app).success) {
    throw new SlipwayError('bad-usage', `'${app}' is no name of an application`, { hint: 'use the name in its slipway.yaml' });
  }
  const told = await readNearestRecipe(context);
  // Another application's title and habits are not this one's.
  const { place, ...habits } = told;
  const own = app === undefined || app === told.name ? habits : {};
  const name = app ?? told.name;
  return { ...own, ...(name === undefined ? {} : { name }), target: target ?? told.target ?? 'local', place: placeOf(context, place) };
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
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}
