/**
 * Owns the environment of the builder: the machine's, without the build role's credentials, with proxies in the spellings that
 * tools read. Registries are in the variables that their own tools know (PIP_INDEX_URL, UV_PYTHON_INSTALL_MIRROR, …) and pass as they are.
 */
import path from 'node:path';
import { SHORTEST_SECRET } from '../../core/redaction';
import { type BuildPlace, VARIABLE } from './build-place';
import { PYTHON_ARCHIVES } from './restore-downloads';

/**
 * What asks for or is a credential of the build role, and CodeBuild's own token. What is compiled and checked has no use for them.
 * It is no wall: who runs as the same user can find them. The role's own policy is the wall.
 */
const ROLE_CREDENTIALS =
  /^(AWS_CONTAINER_(CREDENTIALS_RELATIVE_URI|CREDENTIALS_FULL_URI|AUTHORIZATION_TOKEN(_FILE)?)|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_SECURITY_TOKEN|CODEBUILD_AUTH_TOKEN|CODEBUILD_AGENT_ENV_.*|ECS_CONTAINER_METADATA_URI(_V4)?)$/i;

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const;

export function builderEnvironment(
  environment: Readonly<Record<string, string>>,
  { homeDirectory, downloadsDirectory }: Pick<BuildPlace, 'homeDirectory' | 'downloadsDirectory'>,
): Readonly<Record<string, string>> {
  const kept = Object.entries(environment).filter(([name]) => !ROLE_CREDENTIALS.test(name));
  const proxies = PROXIES.flatMap((name) => {
    const value = environment[name] ?? environment[name.toLowerCase()] ?? '';
    return value === ''
      ? []
      : [
          [name, value],
          [name.toLowerCase(), value],
        ];
  });
  return {
    ...Object.fromEntries(kept),
    ...(Object.fromEntries(proxies) as Record<string, string>),
    [VARIABLE.home]: homeDirectory,
    // Archives of Python: uv 0.13 proves their hashes each time it unpacks one.
    UV_PYTHON_CACHE_DIR: path.join(downloadsDirectory, PYTHON_ARCHIVES),
  };
}

/** The values that no log may show: those of the recipe's secrets, and the build role's own. */
export function secretValues(environment: Readonly<Record<string, string>>, secretNames: readonly string[]): readonly string[] {
  const role = Object.entries(environment).filter(([name]) => ROLE_CREDENTIALS.test(name));
  return [...secretNames.map((name) => environment[name] ?? ''), ...role.map(([, value]) => value)].filter(
    (value) => value.length >= SHORTEST_SECRET,
  );
}
