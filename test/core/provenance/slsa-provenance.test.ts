import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { BuildRecord, JobRecord } from '../../../core/build/build-record';
import type { BuildRequest } from '../../../core/build/build-request';
import { jsonSchemas } from '../../../core/json-schemas';
import type { Report } from '../../../core/job/report';
import { provenanceFileName, provenanceOf, type ProvenanceFacts } from '../../../core/provenance/slsa-provenance';
import { formatStatement, readStatement, subjectOf, type ProvenanceStatement } from '../../../core/provenance/statement';
import { buildRequest, jobTemplate } from '../../fakes/builds';

const digest = (letter: string) => letter.repeat(64);
const COMMIT = '7fd1a60b01f91b314f59955a4e4d4e80d8edf11d';

const record = {
  buildId: 'k3n8v2qx7m0t5rbd',
  name: 'fieldkit',
  version: '1.4.0',
  source: { sha256: digest('5'), sizeBytes: 9, versionId: 'v', git: { commit: COMMIT, isDirty: true } },
} as unknown as BuildRecord;

const request: BuildRequest = buildRequest(['linux-x86_64'], {
  jobs: {
    'linux-x86_64': jobTemplate({
      secretNames: ['UV_INDEX_CORP_PASSWORD'],
      checks: [
        {
          kind: 'run',
          binary: 'fieldkit',
          args: ['--version'],
          env: { ACCESS: 'only-for-the-check' },
          stdin: 'typed in the check',
          timeoutMs: 1000,
          exitCode: 0,
        },
      ],
    }),
  },
});

function facts(change: Partial<ProvenanceFacts> = {}): ProvenanceFacts {
  return {
    record,
    platform: 'linux-x86_64',
    job: { attempt: 2 } as JobRecord,
    request,
    report: {
      tools: [
        { name: 'nuitka', version: '4.3.3' },
        { name: 'gcc', version: '12.2.0', detail: '/usr/bin/gcc' },
      ],
    } as unknown as Report,
    artifacts: [
      { file: 'fieldkit-linux-x86_64.tar.gz', kind: 'archive', sha256: digest('a') },
      { file: 'fieldkit-linux-x86_64.cdx.json', kind: 'sbom', sha256: digest('b') },
      { file: 'SHA256SUMS', kind: 'checksums', sha256: digest('c') },
    ],
    builderId: 'urn:slipway:builder:local',
    startedAt: '2026-03-01T00:00:01.000Z',
    endedAt: '2026-03-01T00:02:00.000Z',
    ...change,
  };
}

function validate(value: unknown): readonly unknown[] {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats(ajv);
  ajv.addFormat('base64', /^[A-Za-z0-9+/]*={0,2}$/);
  const check = ajv.compile(jsonSchemas().provenance as object);
  return check(value) ? [] : (check.errors ?? []);
}

test('it says of which bytes, by whom, of what and when', () => {
  const statement = provenanceOf(facts());
  const { buildDefinition, runDetails } = statement.predicate;
  expect(statement._type).toBe('https://in-toto.io/Statement/v1');
  expect(statement.predicateType).toBe('https://slsa.dev/provenance/v1');
  expect(statement.subject).toEqual([
    { name: 'fieldkit-linux-x86_64.cdx.json', digest: { sha256: digest('b') } },
    { name: 'fieldkit-linux-x86_64.tar.gz', digest: { sha256: digest('a') } },
  ]);
  expect(buildDefinition.buildType).toBe('urn:slipway:build-type:v1');
  expect(buildDefinition.externalParameters).toMatchObject({
    name: 'fieldkit',
    version: '1.4.0',
    platform: 'linux-x86_64',
    source: `urn:slipway:source:${digest('5')}`,
    projectPath: '.',
    configuration: { package: { format: 'tar.gz' }, secretNames: ['UV_INDEX_CORP_PASSWORD'] },
  });
  expect(buildDefinition.internalParameters).toEqual({ buildId: 'k3n8v2qx7m0t5rbd', attempt: 2 });
  expect(runDetails).toEqual({
    builder: { id: 'urn:slipway:builder:local' },
    metadata: {
      invocationId: 'k3n8v2qx7m0t5rbd/linux-x86_64/2',
      startedOn: '2026-03-01T00:00:01.000Z',
      finishedOn: '2026-03-01T00:02:00.000Z',
    },
  });
});

test('what others say is marked as theirs: the commit as whoever asked, tools as the builder', () => {
  const dependencies = provenanceOf(facts()).predicate.buildDefinition.resolvedDependencies ?? [];
  expect(dependencies).toEqual([
    { name: 'source', uri: `urn:slipway:source:${digest('5')}`, digest: { sha256: digest('5') }, mediaType: 'application/zip' },
    { name: 'git commit', digest: { gitCommit: COMMIT }, annotations: { claimedBy: 'requester', hasUncommittedChanges: true } },
    { name: 'nuitka', uri: 'pkg:generic/nuitka@4.3.3', annotations: { claimedBy: 'builder report', version: '4.3.3' } },
    { name: 'gcc', uri: 'pkg:generic/gcc@12.2.0', annotations: { claimedBy: 'builder report', version: '12.2.0' } },
  ]);
});

test('what only checks are given, and paths of a machine, are not in it; another check changes the digest', () => {
  const text = formatStatement(provenanceOf(facts()));
  expect(text).not.toContain('only-for-the-check');
  expect(text).not.toContain('typed in the check');
  expect(text).not.toContain('/usr/bin');
  const other = provenanceOf(facts({ request: { ...request, jobs: { 'linux-x86_64': jobTemplate() } } }));
  const digestIn = (statement: ProvenanceStatement) => statement.predicate.buildDefinition.externalParameters.configurationSha256;
  expect(digestIn(other)).toMatch(/^[0-9a-f]{64}$/);
  expect(digestIn(other)).not.toBe(digestIn(provenanceOf(facts())));
});

test('a request that is gone, a source without a commit, an end that nobody saw: what is not known is left out', () => {
  const { platform, job, report, artifacts, builderId } = facts();
  const source = { sha256: digest('5'), sizeBytes: 9, versionId: 'v' };
  const statement = provenanceOf({ record: { ...record, source }, platform, job, report, artifacts, builderId });
  expect(Object.keys(statement.predicate.buildDefinition.externalParameters)).toEqual(['name', 'version', 'platform', 'source']);
  expect(statement.predicate.buildDefinition.resolvedDependencies?.map(({ name }) => name)).toEqual(['source', 'nuitka', 'gcc']);
  expect(statement.predicate.runDetails.metadata).toEqual({ invocationId: 'k3n8v2qx7m0t5rbd/linux-x86_64/2' });
  expect(validate(statement)).toEqual([]);
});

test('it fits its schema, and is read again as what it was', () => {
  const statement = provenanceOf(facts());
  expect(validate(statement)).toEqual([]);
  expect(readStatement(formatStatement(statement))).toEqual(statement);
  expect(subjectOf(statement, digest('a'))?.name).toBe('fieldkit-linux-x86_64.tar.gz');
  expect(subjectOf(statement, digest('c'))).toBeUndefined();
  expect(provenanceFileName('fieldkit', 'windows-x86_64')).toBe('fieldkit-windows-x86_64.provenance.json');
});

/** Every field of https://slsa.dev/spec/v1.1/provenance#schema once, with the parameters and the dependency that its text shows. */
const EVERY_FIELD = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: '_', digest: { sha256: digest('e'), gitCommit: COMMIT } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
      externalParameters: { repository: 'https://github.com/octocat/hello-world', ref: 'refs/heads/main' },
      internalParameters: { github: { actor_id: '1234567' } },
      resolvedDependencies: [
        {
          uri: 'git+https://github.com/octocat/hello-world@refs/heads/main',
          digest: { gitCommit: COMMIT },
          downloadLocation: 'https://github.com/octocat/hello-world/archive/main.zip',
          mediaType: 'application/zip',
          content: 'aGVsbG8=',
          annotations: { anything: [1, { two: 3 }] },
        },
      ],
    },
    runDetails: {
      builder: {
        id: 'https://example.com/builder/v1',
        version: { runner: '1.2.3' },
        builderDependencies: [{ uri: 'https://example.com/a' }],
      },
      metadata: { invocationId: 'run/1', startedOn: '2023-01-01T12:34:56Z', finishedOn: '2023-01-01T12:36:00Z' },
      byproducts: [{ name: 'log', digest: { sha512: 'ab' } }],
      examplebuilder_isCodeReviewed: true,
    },
  },
};

test('the schema takes what the specification describes, extension fields too', () => {
  expect(validate(EVERY_FIELD)).toEqual([]);
  expect(readStatement(JSON.stringify(EVERY_FIELD))).toEqual(EVERY_FIELD);
});

const without = (change: (statement: typeof EVERY_FIELD) => unknown): unknown => change(structuredClone(EVERY_FIELD));

test.each([
  ['no subject', without((all) => ({ ...all, subject: [] }))],
  ['a subject without a digest', without((all) => ({ ...all, subject: [{ name: 'a' }] }))],
  ['a digest that is no hex', without((all) => ({ ...all, subject: [{ digest: { sha256: 'XYZ' } }] }))],
  ['another predicate', without((all) => ({ ...all, predicateType: 'https://slsa.dev/provenance/v0.2' }))],
  ['no build definition', without((all) => ({ ...all, predicate: { runDetails: all.predicate.runDetails } }))],
  ['no builder', without((all) => ({ ...all, predicate: { ...all.predicate, runDetails: {} } }))],
  ['a time that is none', without((all) => (Object.assign(all.predicate.runDetails.metadata, { startedOn: 'noon' }), all))],
  ['a list', []],
])('%s is no provenance', (_what, value) => {
  expect(validate(value)).not.toEqual([]);
  expect(readStatement(JSON.stringify(value))).toBeUndefined();
});

test.each(['', '{', 'null', '"text"'])('%j is no statement', (text) => {
  expect(readStatement(text)).toBeUndefined();
});
