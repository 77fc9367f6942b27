/** Owns the look at a package.json: which programs it has. */
import path from 'node:path';
import { z } from 'zod';
import type { Files } from '../ports/files';
import { SlipwayError } from '../slipway-error';
import { nodeLines, USUAL_NODE_VERSION } from './node-lines';

export interface DetectedNode {
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
  readonly license?: string;
  readonly homepage?: string;
  /** Programs by name, with the file of each. */
  readonly programs: Readonly<Record<string, string>>;
  readonly nodeVersion: string;
}

const text = z.string().min(1).optional().catch(undefined);
const PackageJsonSchema = z.object({
  name: text,
  version: text,
  description: text,
  license: text,
  homepage: text,
  main: text,
  bin: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .catch(undefined),
  engines: z.object({ node: text }).optional().catch(undefined),
});

/**
 * @returns undefined where there is no package.json, or none with a program whose file is there
 * @throws SlipwayError `project-not-found` for a package.json that is no JSON
 */
export async function detectNode(files: Pick<Files, 'stat' | 'readText'>, directory: string): Promise<DetectedNode | undefined> {
  const file = path.join(directory, 'package.json');
  if ((await files.stat(file))?.kind !== 'file') return undefined;
  const parsed = PackageJsonSchema.safeParse(readJson(await files.readText(file))).data;
  if (parsed === undefined) return undefined;
  const { name, bin, main, engines, ...rest } = parsed;
  const bare = name?.replace(/^@[^/]+\//, '');
  const listed =
    typeof bin === 'object'
      ? Object.entries(bin)
      : [bin ?? main].flatMap((entry) => (entry === undefined ? [] : [[bare ?? 'app', entry] as const]));
  const programs: Record<string, string> = {};
  for (const [program, entry] of listed) {
    const relative = path.posix.normalize(entry);
    if ((await files.stat(path.join(directory, relative)))?.kind === 'file') programs[program] = relative;
  }
  if (Object.keys(programs).length === 0) return undefined;
  const described = Object.fromEntries(Object.entries({ ...rest, name: bare }).filter(([, value]) => value !== undefined));
  return { ...described, programs, nodeVersion: nodeLine(engines?.node) };
}

function readJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new SlipwayError('project-not-found', `package.json is no JSON: ${cause instanceof Error ? cause.message : ''}`, {
      hint: 'correct package.json',
      cause,
    });
  }
}

/** `^22` and `22.x` mean that line, where it is one that programs ship with; `>=18` is content with any later one. */
function nodeLine(range: string | undefined): string {
  const exact = /^\s*[\^~=v]*\s*(\d+)(?:[.x*\d]*)\s*$/.exec(range ?? '')?.[1];
  return nodeLines().find((line) => line === exact) ?? USUAL_NODE_VERSION;
}
