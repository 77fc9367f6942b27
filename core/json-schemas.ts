/**
 * Owns the JSON Schemas (draft 2020-12) that ship in `schemas/`: each is made from the zod definition of the same thing.
 * `npm run schemas` writes them; a test proves that they are current.
 */
import { z } from 'zod';
import { BuildManifestSchema } from './build/build-manifest';
import { BuildRecordSchema } from './build/build-record';
import { ComparisonSchema } from './comparison/comparison';
import { CompilerDecisionsSchema } from './comparison/compiler-decision';
import { DeploymentSettingsSchema } from './deployment/deployment-settings';
import { DistributionSchema } from './distribution/distribution';
import { DownloadSchema } from './distribution/grants/download';
import { EnvelopeSchema } from './envelope';
import { JobSchema } from './job/job';
import { PlatformIdSchema } from './platform';
import { DurationMsSchema, SizeBytesSchema } from './quantity';
import {
  BINARY_KEYS,
  BinaryNameSchema,
  DEPENDENCY_LIST_KEYS,
  ENTRY_KEYS,
  isMap,
  LANGUAGE_KEYS,
  PythonDependenciesSchema,
  READY_KEYS,
  ReadySchema,
  RecipeSchema,
} from './recipe/recipe';
import { ProvenanceStatementSchema } from './provenance/statement';
import { RECIPE_DESCRIPTIONS } from './recipe/recipe-descriptions';
import { ReportSchema } from './job/report';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** By file name, without `.schema.json`. */
export function jsonSchemas(): Readonly<Record<string, JsonSchema>> {
  return {
    'build-manifest': documentSchema('manifest.json of a build', BuildManifestSchema),
    'build-record': documentSchema('The record of a build', BuildRecordSchema),
    comparison: documentSchema('comparison.json of slipway compare', ComparisonSchema),
    compilers: documentSchema('slipway-compilers.json', CompilerDecisionsSchema),
    deployment: documentSchema('slipway-deployment.yaml', DeploymentSettingsSchema, 'input'),
    distribution: documentSchema('The record of a distribution', DistributionSchema),
    download: documentSchema('A download, as slipway downloads --json tells it', DownloadSchema),
    envelope: documentSchema('Every --json output and every answer', EnvelopeSchema),
    job: documentSchema('in/job.json of a build', JobSchema),
    provenance: documentSchema(
      'NAME-OS-ARCH.provenance.json of a build: an in-toto Statement with SLSA provenance',
      ProvenanceStatementSchema,
    ),
    recipe: recipeSchema(),
    report: documentSchema('out/report.json of a build', ReportSchema),
  };
}

/** @param io `input` for what people write, where defaults may be left out */
function documentSchema(title: string, schema: z.ZodType, io: 'input' | 'output' = 'output'): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io });
  return { $schema, title, ...rest };
}

/** A binary with its overrides; the parser keeps it raw, an editor should know its keys. */
const BinaryDocumentSchema = z.strictObject({ ...BINARY_KEYS, overrides: z.partialRecord(PlatformIdSchema, z.unknown()).optional() });

function recipeSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(RecipeSchema.extend({ binaries: z.record(BinaryNameSchema, BinaryDocumentSchema) }), {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => void Object.assign(jsonSchema, rulesOf(zodSchema)),
  });
  const schema: JsonSchema = { $schema, title: 'slipway.yaml', ...rest };
  return withDescriptions(withOverrides(schema), '') as JsonSchema;
}

/** An override has the keys of its binary. */
const OVERRIDDEN = /\.overrides\.\*(?=\.)/;

/** Puts {@link RECIPE_DESCRIPTIONS} beside each key. @param path of `schema` */
function withDescriptions(schema: unknown, path: string): unknown {
  if (Array.isArray(schema)) return schema.map((entry) => withDescriptions(entry, path));
  if (!isMap(schema)) return schema;
  const described = (key: string, inner: unknown) => {
    const place = path === '' ? key : `${path}.${key}`;
    const description = RECIPE_DESCRIPTIONS[place.replace(OVERRIDDEN, '')];
    const deeper = withDescriptions(inner, place);
    return description === undefined || !isMap(deeper) ? deeper : { description, ...deeper };
  };
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (keyword === 'properties')
        return [keyword, Object.fromEntries(Object.entries(asMap(value)).map(([key, inner]) => [key, described(key, inner)]))];
      if (keyword === 'additionalProperties') return [keyword, isMap(value) ? described('*', value) : value];
      if (keyword === 'items') return [keyword, withDescriptions(value, `${path}[]`)];
      return [keyword, ['anyOf', 'oneOf', 'allOf'].includes(keyword) ? withDescriptions(value, path) : value];
    }),
  );
}

const oneOf = (keys: readonly string[]) => ({ oneOf: keys.map((key) => ({ required: [key] })) });

/** What zod checks by code and JSON Schema can say. */
function rulesOf(schema: unknown): JsonSchema {
  switch (schema) {
    case PythonDependenciesSchema:
      return { not: { required: [...DEPENDENCY_LIST_KEYS] } };
    case ReadySchema:
      return oneOf(READY_KEYS);
    case DurationMsSchema:
      return { pattern: '^\\d+(\\.\\d+)?\\s*(ms|s|min|m|h)$', examples: ['500ms', '10s', '30min'] };
    case SizeBytesSchema:
      return { pattern: '^\\d+(\\.\\d+)?\\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)$', examples: ['800kB', '50MB'] };
    default:
      return {};
  }
}

/** An override holds any key of the binary and needs none; where there is one, what is complete is the parser's to say. */
function withOverrides(schema: JsonSchema): JsonSchema {
  const properties = asMap(schema.properties);
  const binaries = asMap(properties.binaries);
  const binary = asMap(binaries.additionalProperties);
  const { overrides, ...keys } = asMap(binary.properties);
  const override = withoutDemands({ ...binary, properties: keys });
  const complete = {
    ...binary,
    properties: { ...keys, overrides: { ...asMap(overrides), additionalProperties: override } },
    if: { not: { required: ['overrides'] } },
    then: { ...oneOf(LANGUAGE_KEYS), properties: { python: oneOf(ENTRY_KEYS) } },
  };
  return { ...schema, properties: { ...properties, binaries: { ...binaries, minProperties: 1, additionalProperties: complete } } };
}

function asMap(value: unknown): Readonly<Record<string, unknown>> {
  return isMap(value) ? value : {};
}

/** Nothing required, nothing filled in. */
function withoutDemands(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDemands);
  if (!isMap(value)) return value;
  const isSchema = 'type' in value && typeof value.type === 'string';
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      isSchema && ['required', 'default', 'oneOf', 'not'].includes(key) ? [] : [[key, withoutDemands(inner)] as const],
    ),
  );
}
