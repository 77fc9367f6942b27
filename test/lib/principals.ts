/** Owns who has which policies in a synthesized stage: roles by what they are for, and the policies for people. */
import { resolverOf } from './resolved-template';
import { resourcesOf, type Synthesized, type Template } from './synthesized-stage';

export interface Principal {
  /** `function status`, `build linux-x86_64`, `link`, `operator Viewer`. */
  readonly name: string;
  readonly policies: readonly PolicyDocument[];
  /** Who may become it; undefined for a policy that is attached to people. */
  readonly trust?: PolicyDocument;
  readonly boundary?: string;
}

export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export function principalsOf(synthesized: Synthesized): readonly Principal[] {
  return Object.values(synthesized.templates).flatMap((template) => principalsOfTemplate(synthesized, template));
}

function principalsOfTemplate(synthesized: Synthesized, template: Template): readonly Principal[] {
  const resolve = resolverOf(synthesized, template);
  const policies = resourcesOf(template, 'AWS::IAM::Policy').map(
    ({ Properties }) => resolve(Properties) as { Roles: string[]; PolicyDocument: PolicyDocument },
  );
  const roles = resourcesOf(template, 'AWS::IAM::Role').map(({ id, Properties }): Principal => {
    const properties = resolve(Properties) as {
      AssumeRolePolicyDocument: PolicyDocument;
      ManagedPolicyArns?: unknown;
      Policies?: unknown;
      PermissionsBoundary?: string;
    };
    if (properties.ManagedPolicyArns !== undefined || properties.Policies !== undefined)
      throw new Error(`'${id}' has policies of another kind`);
    return {
      name: nameOf(id, template),
      policies: policies.filter(({ Roles }) => Roles.includes(id)).map(({ PolicyDocument }) => PolicyDocument),
      trust: properties.AssumeRolePolicyDocument,
      ...(properties.PermissionsBoundary === undefined ? {} : { boundary: properties.PermissionsBoundary }),
    };
  });
  const operators = resourcesOf(template, 'AWS::IAM::ManagedPolicy').map(({ id, Properties }): Principal => {
    const { PolicyDocument } = resolve(Properties) as { PolicyDocument: PolicyDocument };
    return { name: `operator ${/^(\w+)Policy/.exec(id)?.[1] ?? id}`, policies: [PolicyDocument] };
  });
  return [...roles, ...operators];
}

/** From the resource that uses the role: what it is for is said there. */
function nameOf(roleId: string, template: Template): string {
  for (const { Type, Properties } of Object.values(template.Resources)) {
    const uses = (key: string) => JSON.stringify(Properties?.[key] ?? null).includes(`"${roleId}"`);
    if (Type === 'AWS::Lambda::Function' && uses('Role'))
      return `function ${String(Properties?.FunctionName).replace(/^slipway-[a-z0-9]+-/, '')}`;
    if (Type === 'AWS::CodeBuild::Project' && uses('ServiceRole'))
      return `build ${String(Properties?.Name).replace(/^slipway-[a-z0-9]+-/, '')}`;
  }
  return roleId.startsWith('LinkRole') ? 'link' : roleId;
}
