/** Owns two outcomes of a ledger's call that are no error for whoever asks: a record that is damaged, and one that is there already. */
import type { Ledger } from './ports/ledger';
import { isSlipwayError } from './slipway-error';

/** @returns undefined for a damaged record, for a caller to whom that is as if there were none */
export async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'record-corrupt') return undefined;
    throw thrown;
  }
}

/** @returns false where it is there already, by whomever */
export async function createOnce(ledger: Ledger, key: string, body: unknown): Promise<boolean> {
  try {
    await ledger.create(key, body);
    return true;
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'record-exists') return false;
    throw thrown;
  }
}
