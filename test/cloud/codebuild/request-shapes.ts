/**
 * Owns the check of a request against the service's own model, as the SDK ships it: unknown and missing members, types, and the
 * values of enumerations; and beside it the ranges that the model leaves to the documentation.
 * Stricter than the service, which ignores what it does not know: a parameter that does nothing is a mistake of ours.
 */
import * as codebuild from '@aws-sdk/client-codebuild';
// Comes with every client of the SDK, at the version that the client asks for.
import { NormalizedSchema } from '@smithy/core/schema';
import { invalidInput, ServiceError } from './service-error';

/** `Structure.member` -> its values. The SDK's schemas know enumerations as strings only. */
const ENUMERATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'ProjectSource.type': codebuild.SourceType,
  'ProjectArtifacts.type': codebuild.ArtifactsType,
  'ProjectArtifacts.namespaceType': codebuild.ArtifactNamespace,
  'ProjectArtifacts.packaging': codebuild.ArtifactPackaging,
  'ProjectArtifacts.bucketOwnerAccess': codebuild.BucketOwnerAccess,
  'ProjectCache.type': codebuild.CacheType,
  'ProjectEnvironment.type': codebuild.EnvironmentType,
  'ProjectEnvironment.computeType': codebuild.ComputeType,
  'ProjectEnvironment.imagePullCredentialsType': codebuild.ImagePullCredentialsType,
  'EnvironmentVariable.type': codebuild.EnvironmentVariableType,
  'CloudWatchLogsConfig.status': codebuild.LogsConfigStatusType,
  'S3LogsConfig.status': codebuild.LogsConfigStatusType,
  'StartBuildInput.sourceTypeOverride': codebuild.SourceType,
  'StartBuildInput.environmentTypeOverride': codebuild.EnvironmentType,
  'StartBuildInput.computeTypeOverride': codebuild.ComputeType,
  'StartBuildInput.imagePullCredentialsTypeOverride': codebuild.ImagePullCredentialsType,
  'ListBuildsForProjectInput.sortOrder': codebuild.SortOrderType,
  'ListBuildsInput.sortOrder': codebuild.SortOrderType,
};

/** API_StartBuild.html, API_CreateProject.html: "from 5 to 2160", "from 5 to 480". */
const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  'StartBuildInput.timeoutInMinutesOverride': [5, 2160],
  'StartBuildInput.queuedTimeoutInMinutesOverride': [5, 480],
  'CreateProjectInput.timeoutInMinutes': [5, 2160],
  'CreateProjectInput.queuedTimeoutInMinutes': [5, 480],
  'UpdateProjectInput.timeoutInMinutes': [5, 2160],
  'UpdateProjectInput.queuedTimeoutInMinutes': [5, 480],
};

/** The schema's own array, whose seventh place counts the members that must be there: they come first. */
type StructureSchema = readonly [
  kind: 3,
  namespace: string,
  name: string,
  traits: unknown,
  members: readonly string[],
  types: readonly unknown[],
  required?: number,
];

const STRUCTURE = 3;

/** @throws ServiceError `InvalidInputException`, `SerializationException` */
export function requireShape(operation: string, input: unknown): void {
  const schema: unknown = Reflect.get(codebuild, `${operation}Request$`) ?? Reflect.get(codebuild, `${operation}Input$`);
  if (schema === undefined) throw new Error(`the SDK has no input of '${operation}'`);
  check(NormalizedSchema.of(schema as never), input, operation);
}

function check(schema: NormalizedSchema, value: unknown, at: string): void {
  if (schema.isStructSchema()) checkStructure(schema, value, at);
  else if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw wrongType(at, 'a list');
    value.forEach((item, index) => {
      check(schema.getValueSchema(), item, `${at}[${index}]`);
    });
  } else if (schema.isStringSchema()) {
    if (typeof value !== 'string') throw wrongType(at, 'a string');
  } else if (schema.isBooleanSchema()) {
    if (typeof value !== 'boolean') throw wrongType(at, 'a boolean');
  } else if (schema.isNumericSchema() && !Number.isInteger(value)) throw wrongType(at, 'a whole number');
}

function checkStructure(schema: NormalizedSchema, value: unknown, at: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(at, 'an object');
  const [, , name, , memberNames, , required = 0] = rawSchema(schema);
  const members = new Map<string, NormalizedSchema>([...schema.structIterator()]);
  for (const missing of memberNames.slice(0, required).filter((member) => !Object.hasOwn(value, member)))
    throw invalidInput(`Invalid input: '${missing}' is required in ${at}`);
  for (const [member, content] of Object.entries(value)) {
    const memberSchema = members.get(member);
    if (memberSchema === undefined) throw new ServiceError('SerializationException', `Unknown parameter '${member}' in ${at}`);
    check(memberSchema, content, `${at}.${member}`);
    checkValue(`${name}.${member}`, content, at);
  }
}

function checkValue(path: string, value: unknown, at: string): void {
  const values = ENUMERATIONS[path];
  if (values !== undefined && !Object.values(values).includes(value as string))
    throw invalidInput(
      `Invalid ${path} '${String(value)}' in ${at}: Member must satisfy enum value set: [${Object.values(values).join(', ')}]`,
    );
  const range = RANGES[path];
  if (range === undefined) return;
  const [min, max] = range;
  if ((value as number) < min || (value as number) > max)
    throw invalidInput(`Invalid ${path} '${String(value)}': must be between ${min} and ${max}`);
}

function rawSchema(schema: NormalizedSchema): StructureSchema {
  const raw = schema.getSchema() as unknown as StructureSchema;
  if (raw[0] !== STRUCTURE) throw new Error(`'${schema.getName() ?? ''}' is no structure`);
  return raw;
}

function wrongType(at: string, expected: string): ServiceError {
  return new ServiceError('SerializationException', `${at} is not ${expected}`);
}
