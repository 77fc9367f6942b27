/** Owns how downloads reach the network: proxies, certificates, timeouts and netrc, as this machine's configuration names them. */
import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { Registries } from '../../core/host/registries';
import { readRegistries, type RegistryContext } from '../../toolchain/machine-registries';

const CONNECT_TIMEOUT_MS = 10_000;
/** pip's own default for a server that says nothing. */
const SILENCE_TIMEOUT_MS = 15_000;

export interface DownloadsOptions extends RegistryContext {
  readonly retryDelaysMs?: readonly number[];
  readonly connectTimeoutMs?: number;
}

export interface Transport {
  readonly dispatcherFor: (url: URL) => Dispatcher;
  readonly netrc: string;
}

export async function createTransport(options: DownloadsOptions): Promise<Transport> {
  const registries = await readRegistries(options);
  const strict = createDispatcher(options, registries, await certificates(options, registries), true);
  const lax = registries.trustedHosts.length === 0 ? strict : createDispatcher(options, registries, {}, false);
  const isTrusted = (url: URL) => registries.trustedHosts.some((host) => host === '*' || host === url.host || host === url.hostname);
  return { dispatcherFor: (url) => (isTrusted(url) ? lax : strict), netrc: await readNetrc(options) };
}

interface Certificates {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

function createDispatcher(options: DownloadsOptions, registries: Registries, tls: Certificates, isVerified: boolean): Dispatcher {
  const { environment } = options;
  const pick = (...names: readonly string[]) => names.map((name) => environment[name] ?? '').find((value) => value !== '') ?? '';
  const secrets = {
    ...(tls.ca === undefined ? {} : { ca: [...tls.ca] }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert, key: tls.key ?? tls.cert }),
    rejectUnauthorized: isVerified,
  };
  const silenceMs = registries.timeoutSeconds === undefined ? SILENCE_TIMEOUT_MS : registries.timeoutSeconds * 1_000;
  const common = {
    connect: { timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, ...secrets },
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
  };
  const ownProxy = registries.proxy === undefined ? undefined : withScheme(registries.proxy);
  const httpProxy = ownProxy ?? withScheme(pick('http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'));
  const httpsProxy = ownProxy ?? withScheme(pick('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'));
  if (httpProxy === '' && httpsProxy === '') return new Agent(common);
  return new EnvHttpProxyAgent({
    ...common,
    // Empty ones too: where they are absent undici reads the environment of this process by itself.
    httpProxy,
    httpsProxy,
    noProxy: pick('no_proxy', 'NO_PROXY'),
    requestTls: secrets,
    proxyTls: secrets,
  });
}

function withScheme(proxy: string): string {
  return proxy === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

/** Those that Node trusts, and those that are configured: a company's proxy signs with its own. */
async function certificates(options: DownloadsOptions, registries: Registries): Promise<Certificates> {
  const { environment, files } = options;
  const read = async (path: string | undefined) => {
    if (path === undefined || path === '' || (await files.stat(path)) === undefined) return undefined;
    const real = await files.realPath(path);
    return (await files.stat(real))?.kind === 'file' ? files.readText(real) : undefined;
  };
  const bundles = await Promise.all([registries.certificatePath, environment.SSL_CERT_FILE, environment.NODE_EXTRA_CA_CERTS].map(read));
  const client = await read(registries.clientCertificatePath);
  const own = [...new Set(bundles.filter((bundle) => bundle !== undefined))];
  return {
    ...(own.length === 0 ? {} : { ca: [...rootCertificates, ...own] }),
    ...(client === undefined ? {} : { cert: client, key: client }),
  };
}

async function readNetrc(options: DownloadsOptions): Promise<string> {
  const named = options.environment.NETRC ?? '';
  const names = options.platform.startsWith('windows') ? ['_netrc', '.netrc'] : ['.netrc'];
  const places = named === '' ? names.map((name) => `${options.userDirectory}/${name}`) : [named];
  for (const place of places) {
    if ((await options.files.stat(place)) !== undefined) return options.files.readText(place);
  }
  return '';
}
