/**
 * Calls of the emulator's services for which the product has no client: CloudFormation, EventBridge, SQS. Unsigned but for the scope,
 * which the emulator reads account and region from.
 */
import type { MiniStack } from './ministack';

/** @param target such as `AWSEvents.PutEvents` */
export async function callJson(cloud: MiniStack, service: string, target: string, body: unknown): Promise<unknown> {
  const answer = await send(cloud, service, { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }, JSON.stringify(body));
  return JSON.parse(answer) as unknown;
}

/** @returns the XML */
export function callQuery(cloud: MiniStack, service: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return send(cloud, service, headers, new URLSearchParams(parameters).toString());
}

async function send(cloud: MiniStack, service: string, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
  const scope = `${cloud.account}/20260101/${cloud.region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
  const answer = await fetch(cloud.endpoint, { method: 'POST', headers: { ...headers, authorization }, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${service} answered ${answer.status}: ${text}`);
  return text;
}

/** Names of the stacks that are there. */
export async function stackNames(cloud: MiniStack): Promise<readonly string[]> {
  const xml = await callQuery(cloud, 'cloudformation', { Action: 'DescribeStacks', Version: '2010-05-15' });
  const stacks = xml.matchAll(/<StackName>([^<]+)<\/StackName><StackId>[^<]*<\/StackId><StackStatus>([^<]+)/g);
  return [...stacks].flatMap(([, name = '', status]) => (status === 'DELETE_COMPLETE' ? [] : [name]));
}

export async function templateOf(cloud: MiniStack, stack: string): Promise<unknown> {
  const xml = await callQuery(cloud, 'cloudformation', { Action: 'GetTemplate', StackName: stack, Version: '2010-05-15' });
  const [, body = ''] = /<TemplateBody>([\s\S]*)<\/TemplateBody>/.exec(xml) ?? [];
  return JSON.parse(unescapeXml(body)) as unknown;
}

function unescapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(?:(lt|gt|quot|apos|amp)|#(\d+)|#x([\da-f]+));/gi, (_, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return entities[name] ?? '';
    return String.fromCodePoint(decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal));
  });
}
