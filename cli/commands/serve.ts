/** `slipway serve`: runs the gate of this machine until it is stopped, and says what it decides. */
import type { GateEvent } from '../../core/distribution/gate/gate-service';
import { gateBaseUrl } from '../../core/distribution/link-url';
import { SlipwayError } from '../../core/slipway-error';
import type { CliCommand } from '../command';
import type { CliContext } from '../context';
import { numberOption, textOption } from '../option-values';
import { openTarget } from '../target-services';

const USUAL_PORT = 8722;
const nonEmpty = (text: string | undefined) => (text === '' ? undefined : text);
const LOOPBACK = '127.0.0.1';

export const command: CliCommand = {
  define(program) {
    program
      .option('--port <n>', `where to listen; 0 takes a free one (default ${USUAL_PORT})`)
      .option('--host <address>', `the address to listen at; 0.0.0.0 is every one of this machine (default ${LOOPBACK})`)
      .option('--trust-proxy', 'believe the last entries of X-Forwarded-For, -Proto and -Host: only behind a proxy that sets them')
      .option(
        '--base-url <url>',
        'where people reach this gate, for its install scripts (or SLIPWAY_GATE_URL; default: what a request says)',
      )
      .addHelpText('after', '\nExamples:\n  slipway serve\n  slipway serve --host 0.0.0.0 --port 8080');
  },
  async run(context, _args, options) {
    const port = numberOption(options, 'port', '--port') ?? USUAL_PORT;
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new SlipwayError('bad-usage', `there is no port '${port}'`, { hint: 'use --port with a number from 0 to 65535' });
    }
    const baseUrl = textOption(options, 'baseUrl') ?? nonEmpty(context.environment.SLIPWAY_GATE_URL);
    const { serveGate } = await openTarget(context);
    if (serveGate === undefined) {
      throw new SlipwayError('bad-usage', 'the gate of this target runs where it was deployed', { hint: 'use --target local' });
    }
    const gate = await serveGate({
      host: textOption(options, 'host') ?? LOOPBACK,
      port,
      trustProxy: options.trustProxy === true,
      ...(baseUrl === undefined ? {} : { baseUrl: gateBaseUrl(baseUrl) }),
      onEvent: (event) => context.terminal.note(`${context.globals.json ? JSON.stringify(event) : describeEvent(event)}\n`),
    });
    announce(context, gate.url, gate.isAdvertised);
    await Promise.race([gate.terminated, aborted(context.interrupted)]);
    if (!context.globals.quiet) context.terminal.note('stopping: downloads that run may end\n');
    await gate.stop();
    return { data: { url: gate.url }, text: '' };
  },
};

function announce(context: CliContext, url: string, isAdvertised: boolean): void {
  if (context.globals.json) {
    context.terminal.note(`${JSON.stringify({ event: 'listening', url, isAdvertised })}\n`);
    return;
  }
  context.terminal.note(`gate listening at ${url}\n`);
  if (!isAdvertised) context.terminal.note('note: another gate of this machine runs already; new links name that one\n');
}

/** One line each, with what a caller quotes. The token is in none. */
function describeEvent(event: GateEvent): string {
  switch (event.event) {
    case 'decision':
      return [
        event.at,
        event.address ?? '-',
        event.method,
        event.status,
        event.reason === 'ok' ? event.service : event.reason,
        event.distId ?? '-',
        event.file ?? '-',
        `ref=${event.reference}`,
      ].join(' ');
    case 'transfer':
      return `${event.at} transfer ${event.outcome} ${event.sentBytes} bytes ref=${event.reference}`;
    case 'unknown':
      return `${event.at} ${event.count} request${event.count === 1 ? '' : 's'} for addresses that lead nowhere`;
    case 'fault':
      return `${event.at} fault ${event.code}: ${event.message}${event.reference === undefined ? '' : ` ref=${event.reference}`}`;
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
