/** Owns what is read of uv.lock and pylock.toml (PEP 751) beside what uv itself does with them. */
import { parse } from 'smol-toml';
import { z } from 'zod';
import { SlipwayError } from '../slipway-error';

/** The indexes that a lock names, each once: `registry = "…"` in uv.lock, `index = "…"` in pylock.toml. */
export function lockIndexes(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/(?:\bregistry|^index) = "([^"]+)"/gm)].map((match) => match[1] ?? ''))].filter((url) =>
    /^[a-z]+:\/\//i.test(url),
  );
}

const HashesSchema = z.record(z.string(), z.string()).optional();
const PylockSchema = z.object({
  packages: z.array(
    z.object({
      name: z.string(),
      version: z.string().optional(),
      marker: z.string().optional(),
      wheels: z.array(z.object({ hashes: HashesSchema })).default([]),
      sdist: z.object({ hashes: HashesSchema }).optional(),
      vcs: z
        .object({ type: z.string(), url: z.string().optional(), 'commit-id': z.string(), subdirectory: z.string().optional() })
        .optional(),
    }),
  ),
});

/**
 * The same packages by name, version and hash, for a machine that has them from another index than the lock names.
 * @throws SlipwayError `lock-unsupported`
 */
export function pylockRequirements(text: string): string {
  const parsed = PylockSchema.safeParse(parse(text));
  if (!parsed.success) {
    throw new SlipwayError('lock-unsupported', 'pylock.toml lists no packages as PEP 751 describes them', {
      hint: 'write it anew, with uv export or pdm export',
    });
  }
  return parsed.data.packages
    .map(({ name, version, marker, wheels, sdist, vcs }) => {
      const suffix = marker === undefined ? '' : ` ; ${marker}`;
      if (vcs?.url !== undefined) {
        const folder = vcs.subdirectory === undefined ? '' : `#subdirectory=${vcs.subdirectory}`;
        return `${name} @ ${vcs.type}+${vcs.url}@${vcs['commit-id']}${folder}${suffix}\n`;
      }
      const hashes = [...wheels, ...(sdist === undefined ? [] : [sdist])].flatMap((file) => Object.entries(file.hashes ?? {}));
      return `${name}==${version ?? ''}${suffix}${hashes.map(([algorithm, hash]) => ` \\\n    --hash=${algorithm}:${hash}`).join('')}\n`;
    })
    .join('');
}
