import { grantsContract } from '../../../contracts/grants';
import { createMemoryLedger } from '../../../fakes/ledger-memory';

grantsContract(() => {
  const ledger = createMemoryLedger();
  return Promise.resolve(() => ledger);
});
