/** Holds a list of components against CycloneDX's own schema, and reads from it what tests ask for. */
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';

export interface ListedComponent {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly cpe?: string;
  readonly licenses?: readonly { readonly expression?: string; readonly license?: { readonly name: string } }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly externalReferences?: readonly { readonly type: string; readonly url: string }[];
  readonly components?: readonly ListedComponent[];
  readonly evidence?: { readonly occurrences: readonly { readonly location: string; readonly symbol?: string }[] };
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

export interface Sbom {
  readonly serialNumber: string;
  readonly metadata: {
    readonly timestamp?: string;
    readonly component: ListedComponent;
    readonly tools: { readonly components: readonly ListedComponent[] };
  };
  readonly components: readonly ListedComponent[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** Strict: a field that the schema does not know is a problem too. Empty where it fits. */
export async function sbomProblems(text: string): Promise<readonly unknown[]> {
  const found = (await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)) as readonly unknown[] | null;
  return found ?? [];
}

export function readSbom(text: string): Sbom {
  return JSON.parse(text) as Sbom;
}

/** Every file that is named as somebody's own, as often as it is: not what lies inside another file. */
export function filesNamed({ metadata, components }: Sbom): readonly string[] {
  return [metadata.component, ...components]
    .flatMap(({ evidence }) => evidence?.occurrences ?? [])
    .filter(({ location, symbol }) => symbol === undefined && !location.includes('!/'))
    .map(({ location }) => location)
    .sort();
}
