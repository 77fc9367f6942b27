/**
 * Owns how a project of a CloudFormation template becomes one of CodeBuild's API. Pure.
 * An emulator makes the projects of a stack in a CodeBuild of its own, and keeps only some of their properties; so the stand-in takes
 * them from the template, and from the emulator only what a template cannot say: which names and ids its references came to.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html
 */
import type { Project } from '@aws-sdk/client-codebuild';

/** What `Ref` (no attribute) and `Fn::GetAtt` of a resource, a parameter or a pseudo parameter came to. */
export type ResolveReference = (logicalId: string, attribute?: string) => string | undefined;

export interface Template {
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: unknown }>>;
}

/** Every `AWS::CodeBuild::Project` of a template. @throws Error for a reference that nobody knows */
export function projectsOfTemplate(template: Template, resolve: ResolveReference): readonly Project[] {
  return Object.entries(template.Resources ?? {})
    .filter(([, { Type }]) => Type === 'AWS::CodeBuild::Project')
    .map(([logicalId, { Properties }]) => {
      const project = toApi(resolved(Properties, resolve)) as Project & { readonly triggers?: unknown; readonly visibility?: unknown };
      return { ...project, name: project.name ?? resolve(logicalId) ?? logicalId };
    });
}

function resolved(value: unknown, resolve: ResolveReference): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, resolve)).filter((item) => item !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  const [[key, content] = ['', undefined], ...others] = Object.entries(value);
  if (others.length === 0) {
    const answer = intrinsic(key, content, resolve);
    if (answer !== NO_INTRINSIC) return answer;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => {
      const result = resolved(item, resolve);
      return result === undefined ? [] : [[name, result]];
    }),
  );
}

const NO_INTRINSIC = Symbol('no intrinsic function');

/** Those that the CDK writes into projects. */
function intrinsic(key: string, content: unknown, resolve: ResolveReference): unknown {
  switch (key) {
    case 'Ref':
      return content === 'AWS::NoValue' ? undefined : known(resolve, String(content));
    case 'Fn::GetAtt': {
      const [logicalId = '', ...attribute] = Array.isArray(content) ? content.map(String) : String(content).split('.');
      return known(resolve, logicalId, attribute.join('.'));
    }
    case 'Fn::Join': {
      const [separator, items] = content as [string, unknown[]];
      return (resolved(items, resolve) as unknown[]).map(String).join(separator);
    }
    case 'Fn::Sub': {
      const [text, values] = Array.isArray(content) ? (content as [string, Record<string, unknown>]) : [String(content), {}];
      return text.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) => {
        if (Object.hasOwn(values, name)) return String(resolved(values[name], resolve));
        const [logicalId = '', ...attribute] = name.split('.');
        return attribute.length === 0 ? known(resolve, logicalId) : known(resolve, logicalId, attribute.join('.'));
      });
    }
    default:
      if (key.startsWith('Fn::')) throw new Error(`the template says '${key}', which is not known here`);
      return NO_INTRINSIC;
  }
}

function known(resolve: ResolveReference, logicalId: string, attribute?: string): string {
  const value = resolve(logicalId, attribute);
  if (value === undefined) throw new Error(`nobody knows '${logicalId}${attribute === undefined ? '' : `.${attribute}`}' of the template`);
  return value;
}

/** `BuildSpec` -> `buildspec`, all else `PascalCase` -> `camelCase`. The numbers and booleans of a template may be text. */
function toApi(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => toApi(item));
  if (typeof value !== 'object' || value === null) return scalar(value, name);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const apiName =
        key === 'BuildSpec' ? 'buildspec' : key === 'InsecureSsl' ? 'insecureSsl' : key.charAt(0).toLowerCase() + key.slice(1);
      return [apiName, toApi(item, apiName)];
    }),
  );
}

function scalar(value: unknown, name: string): unknown {
  if (/^(timeoutInMinutes|queuedTimeoutInMinutes|concurrentBuildLimit|gitCloneDepth)$/.test(name)) return Number(value);
  if (/^(privilegedMode|encryptionDisabled|overrideArtifactName|badgeEnabled)$/.test(name)) return value === true || value === 'true';
  return value;
}
