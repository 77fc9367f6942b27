/** Owns what the intrinsic functions of a synthesized stage come to: the names and ARNs that AWS would give. */
import { ACCOUNT, REGION, type Synthesized, type Template } from './synthesized-stage';

type Node = Readonly<Record<string, unknown>>;

/** Reads a value of one template with everything in it made plain. */
export function resolverOf({ templates }: Synthesized, template: Template): (value: unknown) => unknown {
  const exported = new Map<string, { readonly value: unknown; readonly from: Template }>();
  for (const from of Object.values(templates)) {
    for (const output of Object.values(from.Outputs ?? {}))
      if (output.Export !== undefined) exported.set(output.Export.Name, { value: output.Value, from });
  }
  const resolve = (value: unknown, within: Template): unknown => {
    if (Array.isArray(value)) return value.map((item) => resolve(item, within));
    if (typeof value !== 'object' || value === null) return value;
    const [[key, argument] = ['', undefined], ...others] = Object.entries(value as Node);
    if (others.length === 0) {
      if (key === 'Ref') return reference(within, String(argument));
      if (key === 'Fn::GetAtt') return attribute(within, argument as readonly [string, string], (inner) => resolve(inner, within));
      if (key === 'Fn::Sub') return String(argument).replace(/\$\{([^}]+)\}/g, (_, name: string) => reference(within, name));
      if (key === 'Fn::Join') {
        const [separator, items] = argument as readonly [string, readonly unknown[]];
        return items.map((item) => String(resolve(item, within))).join(separator);
      }
      if (key === 'Fn::ImportValue') {
        const found = exported.get(String(argument));
        if (found === undefined) throw new Error(`nobody exports '${String(argument)}'`);
        return resolve(found.value, found.from);
      }
    }
    return Object.fromEntries(Object.entries(value as Node).map(([name, item]) => [name, resolve(item, within)]));
  };
  return (value) => resolve(value, template);
}

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

function reference(template: Template, id: string): string {
  const pseudo = PSEUDO[id];
  if (pseudo !== undefined) return pseudo;
  const resource = template.Resources[id];
  switch (resource?.Type) {
    case 'AWS::S3::Bucket':
      return id.startsWith('Artifacts') ? 'artifacts' : 'access-logs';
    case 'AWS::SNS::Topic':
      return `arn:aws:sns:${REGION}:${ACCOUNT}:${id}`;
    case 'AWS::Lambda::Function':
      return String(resource?.Properties?.FunctionName);
    case undefined:
      throw new Error(`the template has no '${id}'`);
    default:
      return id;
  }
}

function attribute(template: Template, [id, name]: readonly [string, string], resolve: (value: unknown) => unknown): string {
  const resource = template.Resources[id];
  const property = (key: string) => String(resolve(resource?.Properties?.[key]));
  switch (`${resource?.Type}.${name}`) {
    case 'AWS::IAM::Role.Arn':
      return `arn:aws:iam::${ACCOUNT}:role/${id}`;
    case 'AWS::Lambda::Function.Arn':
      return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${property('FunctionName')}`;
    case 'AWS::Logs::LogGroup.Arn':
      return `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${property('LogGroupName')}:*`;
    case 'AWS::SQS::Queue.Arn':
      return `arn:aws:sqs:${REGION}:${ACCOUNT}:${id}`;
    case 'AWS::S3::Bucket.Arn':
      return `arn:aws:s3:::${reference(template, id)}`;
    case 'AWS::Events::Rule.Arn':
      return `arn:aws:events:${REGION}:${ACCOUNT}:rule/${id}`;
    default:
      return `${id}.${name}`;
  }
}
