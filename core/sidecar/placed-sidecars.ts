/**
 * Owns the record of what Slipway put into a host's `src-tauri`: by it an older version is found and removed, and what others put there
 * is left alone. It holds no path outside that folder, so that it may be checked in.
 */
import { z } from 'zod';
import { AppNameSchema } from '../recipe/recipe';
import { PlatformIdSchema, type PlatformId } from '../platform';
import { SlipwayError } from '../slipway-error';
import { OWN_FOLDER, type PlacedPlatform } from './tauri-config';

export const PLACED_FILE = `${OWN_FOLDER}/sidecars.json`;

const Sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

const PlacedSidecarSchema = z.strictObject({
  name: z.string(),
  form: z.enum(['resources', 'onefile']),
  /** Of the executable. */
  sha256: Sha256Schema,
  /** Of the list of files below its resources, with their own digests. */
  resourcesSha256: Sha256Schema.optional(),
});

const PlacedAppSchema = z.strictObject({
  buildId: z.string(),
  version: z.string(),
  platforms: z.partialRecord(PlatformIdSchema, z.strictObject({ archives: z.array(Sha256Schema), sidecars: z.array(PlacedSidecarSchema) })),
});

export const PlacedSidecarsSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** By the name of the application that the sidecars are built from: a host may have several. */
  apps: z.record(AppNameSchema, PlacedAppSchema),
  /** Configuration files that were written, by path: one that reads otherwise by now has become somebody's own. */
  configs: z.record(z.string(), Sha256Schema),
});

export type PlacedSidecars = z.infer<typeof PlacedSidecarsSchema>;
export type PlacedApp = z.infer<typeof PlacedAppSchema>;
export type PlacedSidecar = z.infer<typeof PlacedSidecarSchema>;

export const NOTHING_PLACED: PlacedSidecars = { schemaVersion: 1, apps: {}, configs: {} };

/** @throws SlipwayError `record-corrupt` */
export function parsePlaced(text: string, file: string): PlacedSidecars {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    raw = undefined;
  }
  const parsed = PlacedSidecarsSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new SlipwayError('record-corrupt', `'${file}' does not say what is in place`, {
    hint: `restore it; or remove it and what it named, and download again with --force`,
  });
}

/** All that is in place, of all applications, by platform. */
export function placedPlatforms(placed: PlacedSidecars): readonly PlacedPlatform[] {
  const byPlatform = new Map<PlatformId, PlacedSidecar[]>();
  for (const app of Object.values(placed.apps))
    for (const [platform, { sidecars }] of platformsOf(app)) byPlatform.set(platform, [...(byPlatform.get(platform) ?? []), ...sidecars]);
  return [...byPlatform].map(([platform, sidecars]) => ({ platform, sidecars }));
}

export function platformsOf(app: PlacedApp): readonly (readonly [PlatformId, NonNullable<PlacedApp['platforms'][PlatformId]>])[] {
  return PlatformIdSchema.options.flatMap((platform) => {
    const found = app.platforms[platform];
    return found === undefined ? [] : [[platform, found] as const];
  });
}
