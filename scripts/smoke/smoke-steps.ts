/** Owns the order of a smoke run: what is cheap and decides most comes first, what takes long near the end, the removal last. */
import { armBuild, cancelledBuild, copiedChecksum, failedBuild, linuxBuild, windowsBuild, windowsFailure } from './build-steps';
import { alarms, deploy, destroy, doctor } from './deployment-steps';
import { direct, elsewhere, link, manyRanges, revoked } from './link-steps';
import { contention, earlyFailure, idempotency, missingParameter } from './service-steps';
import type { SmokeStep } from './smoke-step';

export const SMOKE_STEPS: readonly SmokeStep[] = [
  deploy,
  doctor,
  contention,
  linuxBuild,
  copiedChecksum,
  failedBuild,
  cancelledBuild,
  idempotency,
  missingParameter,
  earlyFailure,
  link,
  manyRanges,
  elsewhere,
  revoked,
  direct,
  armBuild,
  windowsBuild,
  windowsFailure,
  alarms,
  destroy,
];
