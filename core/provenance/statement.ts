/**
 * Owns the shape of the provenance that a build leaves: an in-toto Statement (v1) whose predicate is SLSA provenance (v1).
 * Fields and their meaning: https://slsa.dev/spec/v1.1/provenance, https://github.com/in-toto/attestation/tree/main/spec/v1 .
 * Filling it in is `slsa-provenance.ts`.
 */
import { z } from 'zod';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1';

/** What the suffix of a file name says; docs/decisions/018 says why it is not `.intoto.jsonl`. */
export const PROVENANCE_SUFFIX = '.provenance.json';

/** Lower-case hex by the name of its algorithm: `sha256`, `gitCommit`. */
const DigestSetSchema = z
  .record(z.string().min(1), z.string().regex(/^[0-9a-f]+$/, 'expected lower-case hex'))
  .refine((digests) => Object.keys(digests).length > 0, 'expected at least one digest');

/** As a predicate names things: by address, digest or content, one of them at least. */
const ResourceDescriptorSchema = z
  .looseObject({
    name: z.string().optional(),
    uri: z.url().optional(),
    digest: DigestSetSchema.optional(),
    content: z.base64().optional(),
    downloadLocation: z.url().optional(),
    mediaType: z.string().optional(),
    annotations: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(
    ({ uri, digest, content }) => uri !== undefined || digest !== undefined || content !== undefined,
    'expected one of uri, digest, content',
  );

/** A subject is what a statement is about: its digest says which bytes, its name is what they were called. */
const SubjectSchema = z.looseObject({ name: z.string().min(1).optional(), digest: DigestSetSchema });

/** Unknown fields are none of a reader's business: https://github.com/in-toto/attestation/blob/main/spec/v1/README.md#parsing-rules */
const SlsaProvenanceSchema = z.looseObject({
  buildDefinition: z.looseObject({
    buildType: z.url(),
    externalParameters: z.record(z.string(), z.unknown()),
    internalParameters: z.record(z.string(), z.unknown()).optional(),
    resolvedDependencies: z.array(ResourceDescriptorSchema).optional(),
  }),
  runDetails: z.looseObject({
    builder: z.looseObject({
      id: z.url(),
      version: z.record(z.string(), z.string()).optional(),
      builderDependencies: z.array(ResourceDescriptorSchema).optional(),
    }),
    metadata: z
      .looseObject({
        invocationId: z.string().optional(),
        startedOn: z.iso.datetime({ offset: true }).optional(),
        finishedOn: z.iso.datetime({ offset: true }).optional(),
      })
      .optional(),
    byproducts: z.array(ResourceDescriptorSchema).optional(),
  }),
});

export const ProvenanceStatementSchema = z.looseObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(SubjectSchema).min(1),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: SlsaProvenanceSchema,
});

export type ProvenanceStatement = z.infer<typeof ProvenanceStatementSchema>;
export type ResourceDescriptor = z.infer<typeof ResourceDescriptorSchema>;
export type Subject = z.infer<typeof SubjectSchema>;

/** @returns undefined for text that is no such statement */
export function readStatement(text: string): ProvenanceStatement | undefined {
  try {
    return ProvenanceStatementSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Subjects are matched by digest alone; the name decides nothing. @param sha256 lower-case hex */
export function subjectOf(statement: ProvenanceStatement, sha256: string): Subject | undefined {
  return statement.subject.find(({ digest }) => digest.sha256 === sha256);
}

/** One text for one statement, whoever writes it. */
export function formatStatement(statement: ProvenanceStatement): string {
  return `${JSON.stringify(statement, null, 2)}\n`;
}
