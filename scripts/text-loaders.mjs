/** Owns which files of another language are taken as text where one imports them: install scripts, and the launcher's C. For esbuild. */

/** @type {Record<string, 'text'>} */
export const TEXT_LOADERS = { '.sh': 'text', '.ps1': 'text', '.c': 'text', '.h': 'text' };
