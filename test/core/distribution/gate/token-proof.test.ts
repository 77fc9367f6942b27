import { expectNoneAccepted } from './forged-links';

// The full million is asked by test/full/token-proof.test.ts.
test('of 100,000 forged or mutated tokens none is accepted, among ten thousand links that all work', () => expectNoneAccepted(100_000));
