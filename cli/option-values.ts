/** Reads what options hold: numbers, lists and platforms, as people type them. */
import { PLATFORM_IDS, PlatformIdSchema, type PlatformId } from '../core/platform';
import { SlipwayError } from '../core/slipway-error';

type Options = Readonly<Record<string, unknown>>;

export function textOption(options: Options, key: string): string | undefined {
  const value = options[key];
  return typeof value === 'string' ? value : undefined;
}

/**
 * A decimal number; whether it is one that makes sense belongs to the use-case.
 * @throws SlipwayError `bad-usage`
 */
export function numberOption(options: Options, key: string, flag: string): number | undefined {
  const text = textOption(options, key);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,9}(\.\d{1,9})?$/.test(text)) {
    throw new SlipwayError('bad-usage', `${flag} takes a number, not '${text}'`, { hint: `use ${flag} with digits` });
  }
  return Number(text);
}

/**
 * Commas or repeated options, in the order given. Undefined where the option was not given.
 * @throws SlipwayError `bad-usage` where it was given and names nothing: a variable that is not set must not mean "all", or "everybody"
 */
export function listOption(options: Options, key: string, flag: string): readonly string[] | undefined {
  const value = options[key];
  const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value.map(String) : undefined;
  const named = texts
    ?.flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (named?.length === 0) {
    throw new SlipwayError('bad-usage', `${flag} names nothing: '${texts?.join(',') ?? ''}'`, {
      hint: `give ${flag} a value, or leave it out; a variable of the shell may be empty`,
    });
  }
  return named;
}

/** For commander: collects an option that may be given more than once. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** @throws SlipwayError `bad-usage` */
export function platformsOption(options: Options, key: string): readonly PlatformId[] | undefined {
  const names = listOption(options, key, '--platform');
  if (names === undefined || names.includes('all')) return undefined;
  return names.map((name) => {
    const parsed = PlatformIdSchema.safeParse(name);
    if (parsed.success) return parsed.data;
    throw new SlipwayError('bad-usage', `unknown platform '${name}'`, { hint: `use ${PLATFORM_IDS.join(', ')} or all` });
  });
}
