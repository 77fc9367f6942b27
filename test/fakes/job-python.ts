/** The Python half of a job's binary as tests need it: nothing but defaults, with what matters changed. */
import type { JobPython } from '../../core/job/job';

export function jobPython(change: Partial<JobPython> = {}): JobPython {
  const isScript = change.entry === undefined && change.module === undefined;
  return {
    ...(isScript ? { script: 'kit' } : {}),
    version: '3.12',
    dependencies: { extras: [], groups: [] },
    vendor: 'auto',
    compiler: 'nuitka',
    mode: 'standalone',
    include: { packages: [], modules: [], packageData: [], metadata: [], data: [] },
    exclude: { packages: [], modules: [] },
    options: [],
    ...change,
  };
}
