/** Ends a link at once. */
import { RevokeCallSchema, type RevokeAnswer } from '../../core/api/distribution-calls';
import { withState } from '../../core/distribution/list-distributions';
import { revoke } from '../../core/distribution/end/revoke';
import type { ArtifactStore } from '../../core/ports/artifact-store';
import type { Ledger } from '../../core/ports/ledger';
import { handleCalls, type CallHandler, type HandlePorts } from '../handle';

export interface RevokeHandlerPorts extends HandlePorts {
  readonly ledger: Ledger;
  readonly store: ArtifactStore;
}

export function createHandler(ports: RevokeHandlerPorts): CallHandler {
  return handleCalls('revoke', RevokeCallSchema, ports, async ({ reference }, note): Promise<RevokeAnswer> => {
    const distribution = await revoke(ports, reference);
    note({ distId: distribution.distId });
    return { view: await withState(ports, distribution) };
  });
}
