/**
 * The runbook's questions to S3's access logs: its table, its regular expression and its queries are taken out of the Markdown and
 * asked of AWS's documented sample lines, and of lines of the same form about links of ours. Hive's RegexSerDe is Java's `matches()`
 * over the whole line (docs.aws.amazon.com/athena/latest/ug/regex-serde.html); the expression uses nothing that JavaScript reads
 * otherwise. Queries run in PostgreSQL, which is as strict as Athena about types and GROUP BY; what only Athena has is defined here.
 */
import '../allow-processes';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { storageKey } from '../../core/storage-key';
import { resourcesOf, synthesize, templateOf } from './synthesized-stage';

const runbook = readFileSync(path.join(__dirname, '../../docs/runbook.md'), 'utf8');
const chapter = runbook.slice(runbook.indexOf('## Ask the access logs'));
const shell = /```sh\n(ACCOUNT=[\s\S]*?)\n```/.exec(chapter)?.[1] ?? '';
const statements = [...chapter.matchAll(/^athena <<'SQL'\n([\s\S]*?)\nSQL$/gm)].map(([, sql = '']) => sql);
const ddl = statements.find((sql) => sql.startsWith('CREATE EXTERNAL TABLE')) ?? '';
const queries = statements.filter((sql) => sql.startsWith('SELECT'));
const columns = [...ddl.matchAll(/^ {2}`(\w+)` (STRING|BIGINT)/gm)].map(([, name = '', type = '']) => ({ name, type }));
/** Hive's literals: a backslash stands before what it takes away the meaning of. */
const regex = (/'input\.regex' = '(.*)'\)$/m.exec(ddl)?.[1] ?? '').replaceAll(/\\(.)/g, '$1');

type Row = Readonly<Record<string, string | number | null>>;

/** A line that does not match is a row of nulls, and so is a number that is none. */
function rowOf(line: string): Row {
  const groups = new RegExp(`^(?:${regex})$`).exec(line)?.slice(1) ?? [];
  return Object.fromEntries(
    columns.map(({ name, type }, at) => {
      const text = groups[at] ?? null;
      const isNumber = text !== null && /^\d+$/.test(text);
      return [name, type === 'BIGINT' ? (isNumber ? Number(text) : null) : text];
    }),
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html, as of 2026-11-21, and below it as it was in 2022. */
const OWNER = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be';
const SAMPLES = [
  `${OWNER} amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 ${OWNER} 3E57427F3EXAMPLE REST.GET.VERSIONING - "GET /amzn-s3-demo-bucket1?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3Console/0.4" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 arn:aws:s3:us-west-1:123456789012:accesspoint/example-AP Yes us-east-1`,
  `${OWNER} amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 ${OWNER} 891CE47D2EXAMPLE REST.GET.LOGGING_STATUS - "GET /amzn-s3-demo-bucket1?logging HTTP/1.1" 200 - 242 - 11 - "-" "S3Console/0.4" - 9vKBE6vMhrNiWHZmb2L0mXOcqPGzQOI5XLnCtZNPxev+Hf+7tpT6sxDwDty4LHBUOZJG96N1234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - - us-east-1`,
] as const;
const OLDER_SAMPLES = [
  `${OWNER} awsexamplebucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 ${OWNER} A1206F460EXAMPLE REST.GET.BUCKETPOLICY - "GET /awsexamplebucket1?policy HTTP/1.1" 404 NoSuchBucketPolicy 297 - 38 - "-" "S3Console/0.4" - BNaBsXZQQDbssi6xMBdBU2sLt+Yf5kZDmeBUP35sFoKa3sLLeMC78iwEIWxs99CRUrbS4n11234= SigV2 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader awsexamplebucket1.s3.us-west-1.amazonaws.com TLSV1.1`,
  `${OWNER} awsexamplebucket1 [06/Feb/2019:00:01:00 +0000] 192.0.2.3 ${OWNER} 7B4A0FABBEXAMPLE REST.GET.VERSIONING - "GET /awsexamplebucket1?versioning HTTP/1.1" 200 - 113 - 33 - "-" "S3Console/0.4" - Ke1bUcazaN1jWuUlPJaxF64cQVpUEhoZKEG/hmy/gijN/I1DeWqDfFvnpybfEseEME/u7ME1234= SigV2 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader awsexamplebucket1.s3.us-west-1.amazonaws.com TLSV1.1`,
  `${OWNER} awsexamplebucket1 [06/Feb/2019:00:01:57 +0000] 192.0.2.3 ${OWNER} DD6CC733AEXAMPLE REST.PUT.OBJECT s3-dg.pdf "PUT /awsexamplebucket1/s3-dg.pdf HTTP/1.1" 200 - - 4406583 41754 28 "-" "S3Console/0.4" - 10S62Zv81kBW7BB6SX4XJ48o6kpcl6LPwEoizZQQxJd5qDSCTLX0TgS37kYUBKQW3+bPdrg1234= SigV4 ECDHE-RSA-AES128-SHA AuthHeader awsexamplebucket1.s3.us-west-1.amazonaws.com TLSV1.1`,
] as const;

const ID = '7m0t5rbdk3n8v2qx';
const FILE = 'fieldkit-linux-x86_64.tar.gz';
const SIGNATURE = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';

interface Request {
  readonly at: string;
  readonly from?: string;
  readonly status?: number;
  readonly error?: string;
  readonly sent?: number | '-';
  readonly size?: number | '-';
  readonly id?: string;
  readonly file?: string;
  readonly method?: string;
  readonly agent?: string;
  readonly referrer?: string;
}

/** A request by a redirect of the gate: presigned, by a session of the link role, for one version. */
function presigned({ at, from = '198.51.100.7', status = 200, error = '-', sent = 1000, size = 1000, ...rest }: Request): string {
  const { id = ID, file = FILE, method = 'GET', agent = 'curl/8.14.1', referrer = '-' } = rest;
  const key = storageKey.distributionFile(id, file);
  const uri = `${method} /${key}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Credential=ASIAEXAMPLE%2F20261121%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20261121T140000Z&X-Amz-Expires=60&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2F%2F&X-Amz-Signature=${SIGNATURE}&X-Amz-SignedHeaders=host&versionId=3HL4kqtJvjVBH40Nrjfkd&x-id=GetObject HTTP/1.1`;
  const requester = `arn:aws:sts::111122223333:assumed-role/Slipway-prod-Control-LinkRole-EXAMPLE/slipway-${id}`;
  return `${OWNER} artifacts [${at} +0000] ${from} ${requester} 4AB2EXAMPLE REST.${method}.OBJECT ${key} "${uri}" ${status} ${error} ${sent} ${size} 35 20 "${referrer}" "${agent}" 3HL4kqtJvjVBH40Nrjfkd s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3= SigV4 TLS_AES_128_GCM_SHA256 QueryString artifacts.s3.eu-central-1.amazonaws.com TLSv1.3 - - eu-central-1`;
}

/** What S3 and its lifecycle do by themselves has neither address nor request. */
const EXPIRED = `${OWNER} artifacts [21/Nov/2026:14:00:00 +0000] - AmazonS3 8C1AEXAMPLE S3.EXPIRE.OBJECT distributions/${ID}/${FILE} "-" - - - 1000 - - "-" "-" 3HL4kqtJvjVBH40Nrjfkd - - - - - - - - -`;

describe('the table', () => {
  test('has a group for each column, and the types that are added up', () => {
    expect(columns).toHaveLength(27);
    expect(new RegExp(`${regex}|`).exec('')?.slice(1)).toHaveLength(columns.length);
    expect(columns.filter(({ type }) => type === 'BIGINT').map(({ name }) => name)).toEqual(['bytessent', 'objectsize']);
    // Of Java's and JavaScript's expressions alike, and nothing that means something else in one of them.
    expect(regex.replaceAll(/\(\?:|\\[[\]]|\[\^ \]|\[\^"\]|\[0-9\]|[()*|.?" -]/g, '')).toBe('');
  });

  test.each(SAMPLES.map((line, at) => [at + 1, line] as const))('reads AWS’s sample %d', (_number, line) => {
    const row = rowOf(line);
    expect(row).toMatchObject({
      bucketowner: OWNER,
      bucket_name: 'amzn-s3-demo-bucket1',
      requestdatetime: '06/Feb/2019:00:00:38 +0000',
      remoteip: '192.0.2.3',
      key: '-',
      httpstatus: '200',
      errorcode: '-',
      objectsize: null,
      useragent: '"S3Console/0.4"',
      sigv: 'SigV4',
      authtype: 'AuthHeader',
      tlsversion: 'TLSV1.2',
      sourceregion: 'us-east-1',
    });
    expect(Object.values(row).filter((value) => value === undefined)).toEqual([]);
  });

  test('reads AWS’s older samples, which end with the TLS version', () => {
    expect(OLDER_SAMPLES.map(rowOf)).toMatchObject([
      { operation: 'REST.GET.BUCKETPOLICY', httpstatus: '404', errorcode: 'NoSuchBucketPolicy', bytessent: 297, tlsversion: 'TLSV1.1' },
      { operation: 'REST.GET.VERSIONING', httpstatus: '200', bytessent: 113, accesspointarn: null, sourceregion: null },
      { operation: 'REST.PUT.OBJECT', key: 's3-dg.pdf', bytessent: null, objectsize: 4_406_583, totaltime: '41754', turnaroundtime: '28' },
    ]);
  });

  test('reads a line that S3 has made longer once more', () => {
    expect(rowOf(`${SAMPLES[1]} something new`)).toMatchObject({ httpstatus: '200', sourceregion: 'us-east-1' });
  });

  test('reads what is asked by a link, and what lifecycle rules do', () => {
    expect(rowOf(presigned({ at: '21/Nov/2026:14:00:00' }))).toMatchObject({
      operation: 'REST.GET.OBJECT',
      key: `distributions/${ID}/${FILE}`,
      requester: expect.stringContaining(`/slipway-${ID}`) as string,
      authtype: 'QueryString',
      versionid: '3HL4kqtJvjVBH40Nrjfkd',
      bytessent: 1000,
    });
    expect(rowOf(EXPIRED)).toMatchObject({ operation: 'S3.EXPIRE.OBJECT', remoteip: '-', httpstatus: '-' });
  });

  test('is not led astray by what a caller calls itself', () => {
    const hostile = { agent: 'x" 200 - 9 9 1 1 "-" "y', referrer: 'https://example.com/?q="200' };
    const line = presigned({ at: '21/Nov/2026:14:00:00', status: 403, error: 'AccessDenied', sent: 243, size: '-', ...hostile });
    const row = rowOf(line);
    // A referrer with quotation marks may hide a line; it never makes another of it.
    if (row.remoteip !== null) expect(row).toMatchObject({ remoteip: '198.51.100.7', httpstatus: '403', bytessent: 243, objectsize: null });
    expect(rowOf(presigned({ at: '21/Nov/2026:14:00:00', status: 403, agent: hostile.agent }))).toMatchObject({ httpstatus: '403' });
  });

  test('lies where the deployment has its logs delivered, a folder a day', () => {
    const [bucket] = resourcesOf(templateOf(synthesize(), 'Storage'), 'AWS::S3::Bucket').filter(({ id }) => id.startsWith('Artifacts'));
    const { LogFilePrefix, TargetObjectKeyFormat } = bucket?.Properties?.LoggingConfiguration as Record<string, unknown>;
    expect(TargetObjectKeyFormat).toEqual({ PartitionedPrefix: { PartitionDateSource: 'EventTime' } });
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PartitionedPrefix.html
    const delivered = `s3://LOG_BUCKET/${String(LogFilePrefix)}ACCOUNT/REGION/ARTIFACT_BUCKET/`;
    expect(ddl).toContain(`LOCATION '${delivered}'`);
    expect(ddl).toContain(`'storage.location.template' = '${delivered}\${day}'`);
    expect(ddl).toContain("'projection.day.format' = 'yyyy/MM/dd'");
    expect(ddl).toContain('PARTITIONED BY (`day` STRING)');
  });
});

const OTHERS = [
  ...SAMPLES,
  ...OLDER_SAMPLES,
  EXPIRED,
  presigned({ at: '21/Nov/2026:14:00:00', id: '0123456789abcdef' }),
  presigned({ at: '13/Nov/2026:23:59:59' }),
];
const DENIED = { at: '21/Nov/2026:14:00:00', status: 403, error: 'AccessDenied', sent: 243, size: '-' } as const;
const GONE = { status: 404, error: 'NoSuchVersion', sent: 300, size: '-' } as const;
const AFTER_REVOKE = [
  presigned({ at: '21/Nov/2026:14:00:00' }),
  presigned({ at: '21/Nov/2026:14:00:02', ...GONE }),
  presigned({ at: '22/Nov/2026:01:00:00', ...GONE }),
];

interface Question {
  /** Of the query that is meant, and of no other. */
  readonly words: string;
  readonly lines: readonly string[];
  readonly revokedAt?: string;
  readonly rows: readonly (readonly (string | number)[])[];
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  'who was sent what of a link: in order of time, of this link, from the day that is named': {
    words: 'bytessent, objectsize, key, useragent',
    lines: [
      presigned({ at: '01/Dec/2026:00:00:00', file: 'SHA256SUMS', sent: 95, size: 95 }),
      presigned({ at: '21/Nov/2026:14:00:09', status: 206, sent: 400 }),
      presigned({ at: '21/Nov/2026:14:00:01', from: '2001:db8::7', sent: 600 }),
    ],
    rows: [
      ['21/Nov/2026:14:00:01 +0000', '2001:db8::7', '200', 600, 1000, `distributions/${ID}/${FILE}`, '"curl/8.14.1"'],
      ['21/Nov/2026:14:00:09 +0000', '198.51.100.7', '206', 400, 1000, `distributions/${ID}/${FILE}`, '"curl/8.14.1"'],
      ['01/Dec/2026:00:00:00 +0000', '198.51.100.7', '200', 95, 95, `distributions/${ID}/SHA256SUMS`, '"curl/8.14.1"'],
    ],
  },
  'how each download went: pieces add up': {
    words: 'AS outcome',
    lines: [
      presigned({ at: '21/Nov/2026:14:00:00', sent: 600 }),
      presigned({ at: '21/Nov/2026:14:00:05', status: 206, sent: 400 }),
      presigned({ at: '21/Nov/2026:14:00:05', from: '203.0.113.9', sent: 999 }),
      presigned({ ...DENIED, from: '203.0.113.9' }),
    ],
    rows: [
      ['198.51.100.7', `distributions/${ID}/${FILE}`, 2, 1000, 1000, 'complete'],
      ['203.0.113.9', `distributions/${ID}/${FILE}`, 1, 999, 1000, 'broken-off'],
    ],
  },
  'who was refused at S3, of whatever link': {
    words: "httpstatus = '403'",
    lines: [
      presigned({ ...DENIED, from: '203.0.113.9' }),
      presigned({ ...DENIED, from: '203.0.113.9' }),
      presigned({ ...DENIED, id: '0123456789abcdef' }),
    ],
    rows: [
      ['203.0.113.9', `distributions/${ID}/${FILE}`, 'AccessDenied', 2],
      ['198.51.100.7', `distributions/0123456789abcdef/${FILE}`, 'AccessDenied', 1],
    ],
  },
  'what was asked for after a link was revoked, to the second': {
    words: 'REVOKED_AT',
    lines: AFTER_REVOKE,
    revokedAt: '2026-11-21T14:00:01.000Z',
    rows: [
      ['21/Nov/2026:14:00:02 +0000', '198.51.100.7', '404', 'NoSuchVersion', `distributions/${ID}/${FILE}`],
      ['22/Nov/2026:01:00:00 +0000', '198.51.100.7', '404', 'NoSuchVersion', `distributions/${ID}/${FILE}`],
    ],
  },
  'the same, whatever zone the time is said in': {
    words: 'REVOKED_AT',
    lines: AFTER_REVOKE,
    revokedAt: '2026-11-22T01:30:00.000+01:00',
    rows: [['22/Nov/2026:01:00:00 +0000', '198.51.100.7', '404', 'NoSuchVersion', `distributions/${ID}/${FILE}`]],
  },
};

/** What only Athena has, for the one form that these logs have. */
const SETUP = `
  CREATE FUNCTION parse_datetime(moment text, pattern text) RETURNS timestamptz LANGUAGE plpgsql AS $$
  BEGIN
    IF pattern <> 'dd/MMM/yyyy:HH:mm:ss Z' THEN RAISE EXCEPTION 'no pattern of these logs: %', pattern; END IF;
    RETURN to_timestamp(moment, 'DD/Mon/YYYY:HH24:MI:SS TZHTZM');
  END $$;
  CREATE FUNCTION from_iso8601_timestamp(moment text) RETURNS timestamptz LANGUAGE sql AS $$ SELECT moment::timestamptz $$;
  CREATE SCHEMA slipway_prod;
  CREATE TABLE slipway_prod.access_logs (${columns.map(({ name, type }) => `${name} ${type === 'BIGINT' ? 'bigint' : 'text'}`).join(', ')}, day text);`;

/** The folder that S3 puts it into. */
function dayOf(requestDateTime: string): string {
  return new Date(Date.parse(requestDateTime.replace(':', ' ').replaceAll('/', ' '))).toISOString().slice(0, 10).replaceAll('-', '/');
}

function insertOf(line: string) {
  const row = rowOf(line);
  const places = [...columns, 'day'].map((_, at) => `$${at + 1}`).join(', ');
  const values = [...columns.map(({ name }) => row[name] ?? null), dayOf(String(row.requestdatetime))];
  return { into: `INSERT INTO slipway_prod.access_logs VALUES (${places})`, values };
}

function sqlOf({ words, revokedAt = '' }: Question): string {
  const [found = '', ...others] = queries.filter((sql) => sql.includes(words));
  expect(others).toEqual([]);
  return found.replaceAll('DATABASE', 'slipway_prod').replaceAll('/ID/', `/${ID}/`).replaceAll('REVOKED_AT', revokedAt);
}

describe('the questions', () => {
  let answers: Readonly<Record<string, readonly Row[]>>;
  beforeAll(() => {
    const questions = Object.values(QUESTIONS).map((question) => ({
      clear: 'TRUNCATE slipway_prod.access_logs',
      inserts: [...question.lines, ...OTHERS].map(insertOf),
      sql: sqlOf(question),
    }));
    const input = JSON.stringify({ setup: SETUP, questions });
    const output = execFileSync(process.execPath, [path.join(__dirname, '../fixtures/postgres.mjs')], { input, encoding: 'utf8' });
    const rows = JSON.parse(output) as readonly (readonly Row[])[];
    answers = Object.fromEntries(Object.keys(QUESTIONS).map((name, at) => [name, rows[at] ?? []]));
  });

  test.each(Object.entries(QUESTIONS))('%s', (name, { rows }) => {
    // A sum comes as text, because it may be larger than any number of JavaScript.
    expect(answers[name]?.map((row) => Object.values(row).map(String))).toEqual(rows.map((row) => row.map(String)));
  });

  test('are all asked here, and show no request’s own text, which may still be signed', () => {
    expect(new Set(Object.values(QUESTIONS).map(({ words }) => words)).size).toBe(queries.length);
    for (const sql of queries) expect(sql).not.toMatch(/request_uri|SELECT \*/);
  });
});

test('the shell function hands every statement to Athena as it stands, with the names of the stage put in', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway athena '));
  try {
    // An aws that keeps what it is asked, and has always succeeded.
    const aws = path.join(folder, 'aws');
    writeFileSync(
      aws,
      `#!/bin/sh\ncase "$*" in *start-query*) shift 3; printf '%s\\n--\\n' "$1" >> "${folder}/asked" ;; *State\\ *) echo SUCCEEDED ;; *get-caller*) echo 111122223333 ;; *describe-stacks*) echo the-logs ;; esac\n`,
    );
    chmodSync(aws, 0o755);
    const script = `STAGE=dev-2\nREGION=eu-central-1\nBUCKET=the-artifacts\n${shell}\n${statements.map((sql) => `athena <<'SQL'\n${sql}\nSQL`).join('\n')}`;
    execFileSync('bash', ['-c', script], { env: { ...process.env, PATH: `${folder}:${process.env.PATH ?? ''}` }, stdio: 'pipe' });
    const asked = readFileSync(path.join(folder, 'asked'), 'utf8').split('\n--\n').slice(0, -1);
    const names = {
      DATABASE: 'slipway_dev_2',
      LOG_BUCKET: 'the-logs',
      ARTIFACT_BUCKET: 'the-artifacts',
      ACCOUNT: '111122223333',
      REGION: 'eu-central-1',
    };
    const expected = statements.map((sql) =>
      sql.replaceAll(/DATABASE|LOG_BUCKET|ARTIFACT_BUCKET|ACCOUNT|REGION/g, (name) => names[name as keyof typeof names]),
    );
    expect(asked).toEqual(expected);
    expect(asked.join('\n')).toContain("'s3://the-logs/artifacts/111122223333/eu-central-1/the-artifacts/${day}'");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
