/**
 * The LinkTokens port on one SecureString per application: the newest link's token, and until the pointer was moved that of the one before.
 * A parameter knows no compare-and-swap: each write is read again and repeated until it holds, and an instance puts back what it has
 * written itself should somebody at the same moment have written over it.
 */
import { z } from 'zod';
import { parameterName } from '../../core/deployment/parameter-names';
import type { LinkTokens } from '../../core/ports/link-tokens';
import type { Parameters } from '../../core/ports/parameters';
import { IdSchema } from '../../core/identifier';
import { SlipwayError } from '../../core/slipway-error';

const KeptLinksSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Newest first. */
  links: z.array(z.strictObject({ distId: IdSchema, token: z.string() })),
});
type KeptLink = z.infer<typeof KeptLinksSchema>['links'][number];

/** What commands that were cut off have left behind makes room again; all of them together are far below a parameter's 4 KB. */
const MOST_LINKS = 10;
/** Each further round means that somebody else has written in between. */
const MOST_ROUNDS = 10;

export interface SsmLinkTokensOptions {
  readonly parameters: Parameters;
  readonly stage: string;
}

export function createSsmLinkTokens({ parameters, stage }: SsmLinkTokensOptions): LinkTokens {
  const own = new Map<string, KeptLink>();
  const change = (name: string, toKept: (links: readonly KeptLink[]) => readonly KeptLink[]): Promise<void> =>
    changeKept(parameters, parameterName.distribution(stage, name), (links) => toKept(links).slice(0, MOST_LINKS));

  return {
    async read(name, distId) {
      const { links } = await readKept(parameters, parameterName.distribution(stage, name));
      return links.find((link) => link.distId === distId)?.token;
    },
    async write(name, distId, token) {
      const link = { distId, token };
      await change(name, (links) => withLink(links, link));
      own.set(name, link);
    },
    async forget(name, distId) {
      const mine = own.get(name);
      if (mine?.distId === distId) own.delete(name);
      const kept = own.get(name);
      await change(name, (links) => {
        const rest = links.filter((link) => link.distId !== distId);
        return kept === undefined ? rest : withLink(rest, kept);
      });
    },
  };
}

/** The same list where it holds the link already, so that nothing is written. */
function withLink(links: readonly KeptLink[], link: KeptLink): readonly KeptLink[] {
  const isKept = links.some(({ distId, token }) => distId === link.distId && token === link.token);
  return isKept ? links : [link, ...links.filter(({ distId }) => distId !== link.distId)];
}

async function changeKept(
  parameters: Parameters,
  parameter: string,
  change: (links: readonly KeptLink[]) => readonly KeptLink[],
): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { links, text } = await readKept(parameters, parameter);
    const wanted = change(links);
    if (wanted.length === 0) {
      if (text === undefined) return;
      // With the parameter its history goes too, and in it the tokens of links that are over.
      await parameters.remove(parameter);
      continue;
    }
    const next = JSON.stringify({ schemaVersion: 1, links: wanted });
    if (next === text) return;
    await parameters.write(parameter, next, { isSecret: true });
  }
  throw new SlipwayError('parameter-not-written', `'${parameter}' keeps being changed by others`, { hint: 'run the command again' });
}

interface Kept {
  readonly links: readonly KeptLink[];
  /** Undefined where there is no parameter. */
  readonly text: string | undefined;
}

async function readKept(parameters: Parameters, parameter: string): Promise<Kept> {
  const text = await parameters.read(parameter);
  if (text === undefined) return { links: [], text };
  const parsed = KeptLinksSchema.safeParse(parseJson(text));
  if (parsed.success) return { links: parsed.data.links, text };
  throw new SlipwayError('record-corrupt', `the parameter '${parameter}' cannot be understood`, {
    hint: `remove it with aws ssm delete-parameter --name ${parameter}, and run slipway distribute for a new link`,
    details: { place: parameter },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
