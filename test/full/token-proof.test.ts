import { expectNoneAccepted } from '../core/distribution/gate/forged-links';

test('of a million forged or mutated tokens none is accepted, among ten thousand links that all work', () => expectNoneAccepted(1_000_000));
