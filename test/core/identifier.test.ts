import { buildIdOfRequest, IdSchema, idFromBytes, normalizeId } from '../../core/identifier';

test('80 bits become 16 characters of Crockford base32', () => {
  expect(idFromBytes(new Uint8Array(10))).toBe('0000000000000000');
  expect(idFromBytes(new Uint8Array(10).fill(255))).toBe('zzzzzzzzzzzzzzzz');
  expect(idFromBytes(Uint8Array.from([0x08, 0x42, 0x10, 0x84, 0x21, 0, 0, 0, 0, 1]))).toBe('1111111100000001');
});

test('too few bytes are refused', () => {
  expect(() => idFromBytes(new Uint8Array(9))).toThrow('10 bytes');
});

test('the same request is the same build', () => {
  const id = buildIdOfRequest('0b9c4a52-7d5e-4f0e-9a55-0d6b3f1f2a11');
  expect(buildIdOfRequest('0b9c4a52-7d5e-4f0e-9a55-0d6b3f1f2a11')).toBe(id);
  expect(IdSchema.safeParse(id).success).toBe(true);
  expect(buildIdOfRequest('0b9c4a52-7d5e-4f0e-9a55-0d6b3f1f2a12')).not.toBe(id);
});

test('letters that look like digits are read as digits', () => {
  expect(normalizeId('OIL-9')).toBe('0119');
});
