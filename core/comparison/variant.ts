/**
 * Owns the ways of building a Python program that `slipway compare` holds against each other, and what a trial build of each is asked for.
 * A trial is a build like any other, but for this: failed checks are recorded and fail nothing, it uses no compiler's cache, and it is
 * never what `latest` means.
 */
import { z } from 'zod';
import type { JobTemplate } from '../build/build-request';
import type { PythonCompiler } from '../recipe/compiler-options';

export const VARIANT_IDS = ['nuitka-standalone', 'nuitka-onefile', 'pyinstaller-onedir', 'pyinstaller-onefile'] as const;
export const VariantIdSchema = z.enum(VARIANT_IDS);
export type VariantId = z.infer<typeof VariantIdSchema>;

export type BinaryMode = 'standalone' | 'onefile';

export interface Variant {
  readonly id: VariantId;
  /** For a person. */
  readonly title: string;
  readonly compiler: PythonCompiler;
  readonly mode: BinaryMode;
}

/** In the order in which they are built and shown. */
export const VARIANTS: readonly Variant[] = [
  { id: 'nuitka-standalone', title: 'Nuitka standalone', compiler: 'nuitka', mode: 'standalone' },
  { id: 'nuitka-onefile', title: 'Nuitka onefile', compiler: 'nuitka', mode: 'onefile' },
  { id: 'pyinstaller-onedir', title: 'PyInstaller onedir', compiler: 'pyinstaller', mode: 'standalone' },
  { id: 'pyinstaller-onefile', title: 'PyInstaller onefile', compiler: 'pyinstaller', mode: 'onefile' },
];

export function variantOf(compiler: PythonCompiler, mode: BinaryMode): Variant {
  const found = VARIANTS.find((variant) => variant.compiler === compiler && variant.mode === mode);
  if (found === undefined) throw new RangeError(`no variant is '${compiler}' in mode '${mode}'`);
  return found;
}

export function titleOf(id: VariantId): string {
  return VARIANTS.find((variant) => variant.id === id)?.title ?? id;
}

/**
 * What one variant's build is asked for.
 * Programs lie in the one archive as they are, without what a host wants around them: that would be measured too.
 *
 * @param template made for this variant, see `jobTemplates`
 * @param names the binaries that are compared
 */
export function trialTemplate(template: JobTemplate, variant: Variant, names: readonly string[]): JobTemplate {
  const { glibc } = template.budgets;
  return {
    ...template,
    binaries: template.binaries
      .filter(({ name }) => names.includes(name))
      .map((binary) => Object.fromEntries(Object.entries(binary).filter(([key]) => key !== 'sidecar')) as typeof binary),
    checks: template.checks.filter(({ binary }) => names.includes(binary)),
    budgets: glibc === undefined ? {} : { glibc },
    package: { ...template.package, split: false, installers: [] },
    trial: variant.id,
  };
}
