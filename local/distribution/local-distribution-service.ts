/** The DistributionService of this machine: the use-cases of core on the ports of `local`, and the links that lead to its gate. */
import { networkInterfaces } from 'node:os';
import { Readable } from 'node:stream';
import { distribute } from '../../core/distribution/hand-out/distribute';
import type { DistributionService, DistributionView } from '../../core/distribution/distribution-service';
import { gateBaseUrl, linkUrl } from '../../core/distribution/link-url';
import { latestDistribution } from '../../core/distribution/latest-distribution';
import { listDistributions, withState } from '../../core/distribution/list-distributions';
import { listDownloads } from '../../core/distribution/grants/list-downloads';
import { resolveBuild } from '../../core/build/resolve-build';
import { revoke } from '../../core/distribution/end/revoke';
import { readBuild } from '../../core/build/stored-build';
import { createLinkTokensFile } from './link-tokens-file';
import { readPlainFile } from './plain-file';
import { DEFAULT_GATE_URL, findRunningGate } from './serve-file';
import type { LocalGatePorts } from './serve-gate';

export function createLocalDistributionService(ports: LocalGatePorts): DistributionService {
  const { ledger, store, clock, files, homeDirectory } = ports;
  const tokens = createLinkTokensFile(files, homeDirectory);
  const distributePorts = {
    ...ports,
    tokens,
    findBuild: async (reference: string, name: string | undefined) => {
      const buildId = await resolveBuild({ ledger }, reference, { latest: 'succeeded', ...(name === undefined ? {} : { name }) });
      return readBuild({ ledger }, buildId);
    },
    readFile: (path: string) => readPlainFile(files, path),
    streamOf: (bytes: Uint8Array) => Readable.from([bytes]),
    ownAddresses: () => Promise.resolve(ownAddresses()),
    rangeRule: 'any',
    linkKinds: ['gate'],
  } as const;
  return {
    async distribute(request) {
      const base = await findBaseUrl(ports, request.baseUrl);
      const made = await distribute(distributePorts, request);
      return {
        distribution: made.distribution,
        state: 'live',
        grantCount: 0,
        url: linkUrl(base.url, made.token),
        warnings: [...made.warnings, ...base.warnings],
      };
    },
    async latest(name, options = {}) {
      const base = await findBaseUrl(ports, options.baseUrl);
      const { distribution, token } = await latestDistribution({ ledger, tokens }, name);
      const listed = await withState({ ledger, clock }, distribution);
      return token === undefined ? listed : { ...listed, url: linkUrl(base.url, token), warnings: base.warnings };
    },
    list: (options) => listDistributions({ ledger, clock }, options),
    downloads: (reference, onProblem) => listDownloads({ ledger, gateHandsOut: 'bytes' }, reference, onProblem),
    async revoke(reference): Promise<DistributionView> {
      return withState({ ledger, clock }, await revoke({ ledger, store, clock }, reference));
    },
  };
}

interface BaseUrl {
  readonly url: string;
  readonly warnings: readonly string[];
}

/** What was asked for, else where the gate runs, else where it will run by default. */
async function findBaseUrl(ports: LocalGatePorts, asked: string | undefined): Promise<BaseUrl> {
  if (asked !== undefined) return { url: gateBaseUrl(asked), warnings: [] };
  const running = await findRunningGate(ports.files, ports.homeDirectory);
  if (running !== undefined) return { url: running.url, warnings: [] };
  return { url: DEFAULT_GATE_URL, warnings: ['the link answers while the gate runs on this machine: start it with slipway serve'] };
}

/** Every address of this machine, loopback among them: a zone id is no part of an address. */
function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map((address) => address.address.replace(/%.*$/, ''));
}
