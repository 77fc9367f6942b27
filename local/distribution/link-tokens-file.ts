/** The LinkTokens port: one file for each application's newest link, mode 0600, under `$SLIPWAY_HOME/tokens`. */
import path from 'node:path';
import { z } from 'zod';
import type { Files } from '../../core/ports/files';
import type { LinkTokens } from '../../core/ports/link-tokens';
import { SlipwayError } from '../../core/slipway-error';

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

const TokenFileSchema = z.strictObject({ schemaVersion: z.literal(1), distId: z.string(), token: z.string() });

export function createLinkTokensFile(files: Files, homeDirectory: string): LinkTokens {
  const folderOf = (name: string) => path.join(homeDirectory, 'tokens', name);
  const fileOf = (name: string, distId: string) => path.join(folderOf(name), `${distId}.json`);
  return {
    async read(name, distId) {
      const file = fileOf(name, distId);
      if ((await files.stat(file)) === undefined) return undefined;
      const parsed = TokenFileSchema.safeParse(parseJson(await files.readText(file)));
      if (parsed.success) return parsed.data.token;
      throw new SlipwayError('record-corrupt', `the token file '${file}' cannot be understood`, {
        hint: 'remove it, and run slipway distribute for a new link',
        details: { place: file },
      });
    },
    async write(name, distId, token) {
      await files.makeDirectory(folderOf(name));
      await files.setMode(folderOf(name), OWNER_ONLY_FOLDER);
      const text = `${JSON.stringify({ schemaVersion: 1, distId, token })}\n`;
      await files.write(fileOf(name, distId), text, { mode: OWNER_ONLY });
    },
    forget: (name, distId) => files.remove(fileOf(name, distId)),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
