import { createOnce, unlessDamaged } from '../../core/ledger-outcome';
import { SlipwayError } from '../../core/slipway-error';
import { createMemoryLedger } from '../fakes/ledger-memory';

const failing = (code: ConstructorParameters<typeof SlipwayError>[0]) => () => Promise.reject(new SlipwayError(code, 'it cannot be read'));

test('a damaged record is as if there were none; what else goes wrong is told', async () => {
  expect(await unlessDamaged(() => Promise.resolve('read'))).toBe('read');
  expect(await unlessDamaged(failing('record-corrupt'))).toBeUndefined();
  await expect(unlessDamaged(failing('service-unavailable'))).rejects.toMatchObject({ code: 'service-unavailable' });
});

test('of two who create the same record one learns that it was the other', async () => {
  const ledger = createMemoryLedger();
  expect(await Promise.all([createOnce(ledger, 'a', 1), createOnce(ledger, 'a', 2)])).toEqual([true, false]);
  expect((await ledger.read('a'))?.body).toBe(1);
  const broken = { ...ledger, create: failing('service-unavailable') };
  await expect(createOnce(broken, 'b', 1)).rejects.toMatchObject({ code: 'service-unavailable' });
});
