import { z } from 'zod';
import { parseRecord } from '../../../core/build/parse-record';
import { EXIT, exitCodeOf, type SlipwayError } from '../../../core/slipway-error';

const schema = z.strictObject({ schemaVersion: z.literal(1), name: z.string() });
/** The error as plain data. */
const problemOf = (body: unknown) => {
  try {
    return parseRecord(schema, entry(body));
  } catch (thrown) {
    const { code, message, hint, details } = thrown as SlipwayError;
    return { code, message, hint, details };
  }
};
const entry = (body: unknown) => ({ key: 'pointers/a.json', body, revision: 'r', place: '/home/store/pointers/a.json' });

test('a record of a newer slipway is told apart from a damaged one, and nobody is asked to remove it', () => {
  expect(problemOf({ schemaVersion: 2, name: 'a', more: true })).toMatchObject({
    code: 'record-corrupt',
    message: "the record '/home/store/pointers/a.json' is of schema version '2', and this slipway reads 1",
    hint: expect.not.stringContaining('remove') as string,
  });
});

test.each([null, [], 'text', {}, { schemaVersion: 'two' }])('what is no record is named with its place: %j', (body) => {
  expect(problemOf(body)).toMatchObject({ code: 'record-corrupt', details: { place: '/home/store/pointers/a.json' } });
});

test('damage is no fault of the program', () => {
  expect(exitCodeOf('record-corrupt')).toBe(EXIT.checksumMismatch);
  expect(exitCodeOf('io-failed')).toBe(EXIT.unavailable);
});
