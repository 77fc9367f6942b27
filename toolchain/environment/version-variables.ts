/** Owns telling version plugins the application's version: a source archive has no `.git` for them to ask. */

/**
 * Only for commands that build the application itself: setuptools-scm would believe it for every other package too.
 * versioningit knows no variable; {@link packageInfo} serves it.
 */
export function versionVariables(version: string): Readonly<Record<string, string>> {
  return {
    /** setuptools-scm, and hatch-vcs, which uses it. */
    SETUPTOOLS_SCM_PRETEND_VERSION: version,
    /** setuptools-scm 10 and later. */
    VCS_VERSIONING_PRETEND_VERSION: version,
    PBR_VERSION: version,
    PDM_BUILD_SCM_VERSION: version,
    POETRY_DYNAMIC_VERSIONING_BYPASS: version,
    UV_DYNAMIC_VERSIONING_BYPASS: version,
  };
}

/** What versioningit reads where there is no repository: the file that a source distribution has. */
export function packageInfo(name: string, version: string): string {
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`;
}
