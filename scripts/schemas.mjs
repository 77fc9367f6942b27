/**
 * Writes schemas/*.schema.json from the zod definitions in core/, and from them the settings in docs/deploying.md. With --check it writes nothing and fails where one is not current.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';
import { withSettingsTable } from './settings-table.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const isCheck = process.argv.includes('--check');

async function loadSchemas() {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-schemas-'));
  try {
    const outfile = path.join(folder, 'json-schemas.mjs');
    await build({ absWorkingDir: root, entryPoints: ['core/json-schemas.ts'], bundle: true, platform: 'node', format: 'esm', outfile });
    const { jsonSchemas } = await import(pathToFileURL(outfile).href);
    return jsonSchemas();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const stale = [];
const schemas = await loadSchemas();
for (const [name, schema] of Object.entries(schemas)) {
  const file = path.join(root, 'schemas', `${name}.schema.json`);
  await keep(file, await format(JSON.stringify(schema), { ...(await resolveConfig(file)), parser: 'json' }));
}
const guide = path.join(root, 'docs/deploying.md');
await keep(guide, withSettingsTable(await readFile(guide, 'utf8'), schemas.deployment));

/** @param {string} file @param {string} text */
async function keep(file, text) {
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before === text) return;
  stale.push(path.relative(root, file));
  if (!isCheck) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

if (isCheck && stale.length > 0) {
  console.error(`not current: ${stale.join(', ')}\nhint: npm run schemas`);
  process.exitCode = 2;
} else if (!isCheck) console.log(stale.length === 0 ? 'schemas are current' : `wrote ${stale.join(', ')}`);
