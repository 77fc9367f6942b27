/** Owns what people are told of an application beside its name: on the download page, in install scripts and manifests. */
import { z } from 'zod';
import type { JobTemplate } from './build-request';

export const AboutSchema = z.strictObject({
  /** What people call it. */
  title: z.string().optional(),
  publisher: z.string().optional(),
  description: z.string().optional(),
  /** A URL, as slipway.yaml has it. */
  homepage: z.string().optional(),
  license: z.string().optional(),
  /** What a link to the packages offers beside the packages themselves. */
  installers: z.array(z.enum(['script'])).default([]),
});

export type About = z.infer<typeof AboutSchema>;

/** The same for every platform of a request. */
export function aboutOf({ title, publisher, description, homepage, license, package: { installers } }: JobTemplate): About {
  return {
    ...(title === undefined ? {} : { title }),
    ...(publisher === undefined ? {} : { publisher }),
    ...(description === undefined ? {} : { description }),
    ...(homepage === undefined ? {} : { homepage }),
    ...(license === undefined ? {} : { license }),
    installers,
  };
}
