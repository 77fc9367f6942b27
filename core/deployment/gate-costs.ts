/**
 * Owns what a request to the gate costs whoever runs it, by the list prices of what it uses. Sources, all of us-east-1:
 * https://aws.amazon.com/api-gateway/pricing/ · https://aws.amazon.com/lambda/pricing/ · https://aws.amazon.com/s3/pricing/ ·
 * https://aws.amazon.com/cloudwatch/pricing/ . STS is free. Free tiers and discounts are not known here.
 */

/** When the prices were last compared with those pages. */
export const GATE_PRICES_AS_OF = '2026-11-21';

/** US dollars. */
export const GATE_PRICES = {
  httpApiRequest: 1 / 1_000_000,
  functionRequest: 0.2 / 1_000_000,
  /** On arm64. */
  functionGigabyteSecond: 0.000_013_333_4,
  storeRead: 0.4 / 1_000_000,
  /** PUT and LIST alike. */
  storeWrite: 5 / 1_000_000,
  storedGigabyteMonth: 0.023,
  logGigabyte: 0.5,
  loggedGigabyteMonth: 0.03,
  /** To the internet. */
  sentGigabyte: 0.09,
} as const;

/** What one request makes the deployment do. */
export interface GateWork {
  readonly functionMilliseconds: number;
  readonly functionMegabytes: number;
  readonly storeReads: number;
  readonly storeWrites: number;
  /** Into CloudWatch: the function's own lines, Lambda's, and the access log's. */
  readonly logBytes: number;
  /** Into the bucket of access logs. */
  readonly accessLogBytes: number;
  readonly answerBytes: number;
}

export interface KeptMonths {
  readonly logs: number;
  readonly accessLogs: number;
}

const GIGABYTE = 1_000_000_000;
const DAY_SECONDS = 86_400;

export function dollarsOfRequest(work: GateWork, kept: KeptMonths): number {
  const price = GATE_PRICES;
  const gigabyteSeconds = (work.functionMilliseconds / 1000) * (work.functionMegabytes / 1024);
  return (
    price.httpApiRequest +
    price.functionRequest +
    price.functionGigabyteSecond * gigabyteSeconds +
    price.storeRead * work.storeReads +
    price.storeWrite * work.storeWrites +
    ((price.logGigabyte + price.loggedGigabyteMonth * kept.logs) * work.logBytes) / GIGABYTE +
    (price.storedGigabyteMonth * kept.accessLogs * work.accessLogBytes) / GIGABYTE +
    (price.sentGigabyte * work.answerBytes) / GIGABYTE
  );
}

/** Of a day on which the gate answers as many as its throttle lets through. */
export function dollarsOfFlood(work: GateWork, kept: KeptMonths, requestsPerSecond: number): number {
  return dollarsOfRequest(work, kept) * requestsPerSecond * DAY_SECONDS;
}
