/** Takes the inventory of one built program, in the way of its language. */
import type { Job } from '../../core/job/job';
import { SlipwayError } from '../../core/slipway-error';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import type { Inventory } from './inventory';
import type { NodeBinary } from '../job-programs';
import { nodeInventory, type NodeOrigin } from './node-inventory';
import { pythonInventory, type PythonOrigin } from './python-inventory';

/** One binary as each step left it. */
export interface FinishedBinary {
  readonly prepared: PythonOrigin | NodeBinary;
  readonly compiled: { readonly node?: NodeOrigin };
  readonly built: BuiltBinary;
}

/** @throws SlipwayError `sbom-failed` */
export function takeInventory(context: BuilderContext, job: Job, { prepared, compiled, built }: FinishedBinary): Promise<Inventory> {
  if ('python' in prepared) return pythonInventory(context, job, prepared, built);
  if (compiled.node === undefined) throw new SlipwayError('internal', `nothing is known of what '${built.name}' was bundled of`);
  return nodeInventory(context, job, prepared, compiled.node, built);
}
