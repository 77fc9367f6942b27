import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseRecipe } from '../../../core/recipe/recipe-text';
import { isSlipwayError } from '../../../core/slipway-error';

const KEYS = [
  'schema',
  'name',
  'version',
  'source',
  'root',
  'include',
  'binaries',
  'python',
  'entry',
  'overrides',
  'linux-x86_64',
  'platforms',
  'checks',
  'run',
  'ready',
  'line',
  'binary',
  'budgets',
  'archive',
  'distribute',
  'allowed-ips',
  'secrets',
  'data',
  'from',
  'to',
  '__proto__',
  'constructor',
];

/** Whatever stands there, the answer is a recipe or an error that says where. */
function judge(text: string): void {
  try {
    parseRecipe(text, 'slipway.yaml');
  } catch (thrown) {
    if (!isSlipwayError(thrown)) throw thrown;
    expect(thrown.code).toBe('recipe-invalid');
    const lineCount = text.split('\n').length;
    for (const { line, column } of thrown.details.problems as readonly { line: number; column: number }[]) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lineCount);
      expect(column).toBeGreaterThanOrEqual(1);
    }
  }
}

const tree = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>(null, true, 1, 2.5, '', 'a', '..', '../..', 'NUL', '(', '10s', 'linux-x86_64', 'from-x'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 6 }),
  ),
})).value;

test('any document is judged', () => {
  fc.assert(
    fc.property(tree, (value) => judge(stringify(value))),
    { numRuns: 400 },
  );
});

test('any text is judged', () => {
  const pieces = fc.constantFrom(
    'schema: 1\n',
    'name: kit\n',
    '- ',
    '&a ',
    '*a',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '\n',
    '  ',
    '\t',
    '"',
    "'",
    '#',
    '|',
    '>',
    '? ',
    '!!str ',
    '---\n',
    '<<: ',
    ...KEYS,
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => judge(parts.join(''))),
    { numRuns: 600 },
  );
});
