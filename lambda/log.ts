/**
 * Owns the log of the Lambdas: one JSON object a line, on standard output, without what would open something for its reader.
 * Standard output and not the console, which Lambda dresses up, so that metrics in a line are recognised:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Libraries.html
 */
import { TOKEN_LENGTH } from '../core/distribution/link-token';
import { redactUrls } from '../core/redaction';

export type LogFields = Readonly<Record<string, unknown>>;

/** Takes one object and makes one line of it. */
export type Log = (fields: LogFields) => void;

const LINK_TOKEN = new RegExp(`(/d/)[A-Za-z0-9_-]{${TOKEN_LENGTH}}`, 'g');

/** @param write takes a line with its end */
export function createLog(write: (line: string) => void): Log {
  return (fields) => {
    write(`${JSON.stringify(fields, (_key, value: unknown) => (typeof value === 'string' ? withoutSecrets(value) : value))}\n`);
  };
}

/** Tokens of links, and what makes presigned addresses work. */
function withoutSecrets(text: string): string {
  return redactUrls(text).replace(LINK_TOKEN, '$1***');
}
