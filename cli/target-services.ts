/** Owns the way from a command to the services that answer it: this machine's, or a deployment's. */
import type { TargetServices } from '../core/services';
import { readApplication, type Application } from './project/application';
import type { CliContext } from './context';

export type OpenTarget = Application & TargetServices;

/** @throws SlipwayError as `readApplication` and `CliContext.services` do */
export async function openTarget(context: CliContext): Promise<OpenTarget> {
  const application = await readApplication(context);
  return { ...application, ...(await context.services(application.target, application.place)) };
}
