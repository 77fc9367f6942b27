/** Owns the way from a command about builds to the service that answers it. */
import type { BuildService } from '../core/build/build-service';
import { readApplication } from './application';
import type { CliContext } from './context';

export interface BuildTarget {
  /** Undefined where neither --app nor a slipway.yaml names an application. */
  readonly name?: string;
  readonly target: 'local' | 'aws';
  readonly builds: BuildService;
}

export async function buildTarget(context: CliContext): Promise<BuildTarget> {
  const { name, target } = await readApplication(context);
  const { builds } = await context.services(target);
  return { ...(name === undefined ? {} : { name }), target, builds };
}
