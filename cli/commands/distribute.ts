/** `slipway distribute`: hands out a build or a file by a link, or shows the newest link. */
import path from 'node:path';
import { EXPIRES_HOURS } from '../../core/distribution/distribution';
import type { DistributeRequest, DistributionView } from '../../core/distribution/distribution-service';
import { MOST_DIRECT_HOURS, usualHours } from '../../core/distribution/hand-out/link-terms';
import { gateBaseUrl } from '../../core/distribution/link-url';
import { TOKEN_LENGTH } from '../../core/distribution/link-token';
import { SlipwayError } from '../../core/slipway-error';
import { readApplication, type Application } from '../project/application';
import type { CliCommand } from '../command';
import type { CliContext, CommandResult } from '../context';
import { describeDistribution, describeEnd, readerOf } from '../show/distribution-text';
import { collect, listOption, numberOption, platformsOption, textOption } from '../option-values';

type Options = Readonly<Record<string, unknown>>;

const DIRECT_HELP = `
A direct link leads past the gate, straight to one file on S3, and only a
deployment makes one. It says who signed it and until when it holds: at most
${MOST_DIRECT_HOURS} hour, which it also gets where --expires-hours and slipway.yaml say nothing.
It is shown once, and nobody counts its downloads; S3 itself holds it to
--allowed-ips, and slipway revoke ends it.
For longer, a count or several files: --link gate.
`;

export const command: CliCommand = {
  define(program) {
    program
      .argument('[build]', 'an id, the start of one, or latest: the newest that succeeded (default)')
      .option('--path <file>', 'hand out this file as it is, instead of a build')
      .option('--platform <list>', 'only these platforms of the build')
      .option(
        '--expires-hours <n>',
        `whole hours from ${EXPIRES_HOURS.least} to ${EXPIRES_HOURS.most} (default ${EXPIRES_HOURS.usual}); of a direct link ${MOST_DIRECT_HOURS}`,
      )
      .option('--allowed-ips <list>', 'addresses and CIDR ranges that may download; me is this machine', collect)
      .option('--max-downloads <n>', 'end the link after so many downloads')
      .option('--link <kind>', 'gate (default): checked and counted at each download; direct: one presigned address of S3, for an hour')
      .option('--allow-secrets <files>', 'files in which what looks like a secret is none', collect)
      .option('--base-url <url>', 'where people reach the gate, when it is behind a proxy (or SLIPWAY_GATE_URL)')
      .option('--qr', 'draw the link as a QR code')
      .option('--get-latest', 'show the newest link instead of making one')
      .addHelpText(
        'after',
        DIRECT_HELP +
          '\nExamples:\n  slipway distribute --expires-hours 8 --allowed-ips 203.0.113.0/24\n  slipway distribute --path report.pdf --app reports\n  slipway distribute --target aws --link direct --platform linux-x86_64\n  slipway distribute --get-latest --qr',
      );
  },
  async run(context, args, options) {
    const application = await readApplication(context);
    const baseUrl = textOption(options, 'baseUrl') ?? nonEmpty(context.environment.SLIPWAY_GATE_URL);
    const place = baseUrl === undefined ? {} : { baseUrl: gateBaseUrl(baseUrl) };
    const link = linkOption(options);
    if (options.qr === true && link === 'direct') refuseQrOfDirect();
    if (options.qr === true && place.baseUrl !== undefined) await assertQrHolds(`${place.baseUrl}/d/${'x'.repeat(TOKEN_LENGTH)}`);
    const { distributions } = await context.services(application.target, application.place);
    const view =
      options.getLatest === true
        ? await latest(context, { args, options }, application, (name) => distributions.latest(name, place))
        : await distributions.distribute({ ...requestOf(context, { args, options, link }, application), ...place });
    for (const warning of view.warnings ?? []) context.terminal.note(`note: ${warning}\n`);
    return render(context, view, options.qr === true);
  },
};

const nonEmpty = (text: string | undefined) => (text === '' ? undefined : text);

const MAKING_OPTIONS = ['path', 'platform', 'expiresHours', 'allowedIps', 'maxDownloads', 'link', 'allowSecrets'] as const;

async function latest(
  context: CliContext,
  line: { readonly args: readonly string[]; readonly options: Options },
  application: Application,
  find: (name: string) => Promise<DistributionView>,
): Promise<DistributionView> {
  if (line.args.length > 0 || MAKING_OPTIONS.some((key) => line.options[key] !== undefined)) {
    throw new SlipwayError('bad-usage', '--get-latest shows the link that there is and takes no other choice', {
      hint: 'run slipway distribute without --get-latest to make a new link',
    });
  }
  const view = await find(nameOf(application, '--get-latest'));
  if (view.state === 'live' && view.url !== undefined) return view;
  const { distId, name, link } = view.distribution;
  const hint = `run slipway distribute --app ${name} to make a new one`;
  throw new SlipwayError('no-live-link', `the newest link of '${name}' ${whyNotShown(context, view)}`, {
    hint: link === 'direct' ? `${hint} that is kept, or add --link direct for another of its kind` : hint,
    details: { distId, link, state: view.state, grantCount: view.grantCount, expiresAt: view.distribution.expiresAt },
  });
}

function whyNotShown(context: CliContext, view: DistributionView): string {
  if (view.state !== 'live') return `is ${view.state}: ${describeEnd(view, readerOf(context))}`;
  return view.distribution.link === 'direct' ? 'is a direct one, which was shown once, when it was made' : 'is not kept on this machine';
}

type LinkKind = DistributeRequest['link'];

function linkOption(options: Options): LinkKind {
  const link = textOption(options, 'link') ?? 'gate';
  if (link === 'gate' || link === 'direct') return link;
  throw new SlipwayError('bad-usage', `unknown link '${link}'`, { hint: 'use --link gate or --link direct' });
}

/** Known before it is made: it carries the token of a session. */
function refuseQrOfDirect(): never {
  throw new SlipwayError('qr-too-large', "a direct link has some '2000' characters: no phone reads a QR code of them off a terminal", {
    hint: 'leave out --qr, or use --link gate: its links are short',
  });
}

interface Line {
  readonly args: readonly string[];
  readonly options: Options;
  readonly link: LinkKind;
}

/** What was typed, else what slipway.yaml says, where it says it for sure. */
function termsOf(context: CliContext, { options, link }: Line, application: Application) {
  const typed = {
    expiresHours: numberOption(options, 'expiresHours', '--expires-hours'),
    allowedIps: listOption(options, 'allowedIps', '--allowed-ips'),
  };
  const isSure = typed.expiresHours !== undefined && typed.allowedIps !== undefined;
  if (!isSure && application.distributeProblem !== undefined) throw application.distributeProblem;
  const said = typed.expiresHours ?? application.expiresHours;
  if (said === undefined && link === 'direct') {
    context.terminal.note(`note: a direct link holds for ${MOST_DIRECT_HOURS} hour; --link gate holds up to ${EXPIRES_HOURS.most}\n`);
  }
  return { expiresHours: said ?? usualHours(link), allowedIps: typed.allowedIps ?? application.allowedIps ?? [] };
}

function requestOf(context: CliContext, line: Line, application: Application): DistributeRequest {
  const { args, options, link } = line;
  const file = textOption(options, 'path');
  const [build] = args;
  const platforms = platformsOption(options, 'platform');
  if (file !== undefined && (build !== undefined || platforms !== undefined)) {
    throw new SlipwayError('bad-usage', '--path hands out one file and takes no build and no --platform', {
      hint: 'leave out one of them',
    });
  }
  const maxDownloads = numberOption(options, 'maxDownloads', '--max-downloads');
  return {
    from:
      file === undefined
        ? { build: build ?? 'latest', ...(application.name === undefined ? {} : { name: application.name }) }
        : { path: path.resolve(context.workingDirectory, file), name: nameOf(application, '--path') },
    ...(application.title === undefined ? {} : { title: application.title }),
    ...(platforms === undefined ? {} : { platforms }),
    ...termsOf(context, line, application),
    ...(maxDownloads === undefined ? {} : { maxDownloads }),
    link,
    allowSecrets: listOption(options, 'allowSecrets', '--allow-secrets') ?? [],
  };
}

function nameOf(application: Application, wanted: string): string {
  if (application.name !== undefined) return application.name;
  throw new SlipwayError('bad-usage', `${wanted} needs the name of an application`, {
    hint: 'give --app NAME, or run it where a slipway.yaml is',
  });
}

async function render(context: CliContext, view: DistributionView, isQrAsked: boolean): Promise<CommandResult> {
  const isQuiet = context.globals.quiet && view.url !== undefined;
  const text = isQuiet ? (view.url ?? '') : describeDistribution(view, readerOf(context));
  if (!isQrAsked || view.url === undefined) return { data: view, text };
  const { drawQrCode } = await import('../show/qr-code');
  const drawing = drawQrCode(view.url, { hasColor: context.terminal.hasColor });
  if (context.terminal.columns < drawing.columns) {
    context.terminal.note(
      `note: the QR code needs ${drawing.columns} columns; widen the terminal and run slipway distribute --get-latest --qr\n`,
    );
  }
  if (!context.globals.json) return { data: view, text: `${drawing.text}\n${text}` };
  context.terminal.note(drawing.text);
  return { data: view, text };
}

async function assertQrHolds(text: string): Promise<void> {
  (await import('../show/qr-code')).assertQrHolds(text);
}
