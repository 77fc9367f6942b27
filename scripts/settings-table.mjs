/**
 * Renders the settings of a deployment as the table of docs/deploying.md: every key with type, default and meaning, all of it taken
 * from the JSON Schema, and so from the descriptions in core/deployment/deployment-settings.ts.
 */

export const TABLE_START = '<!-- settings: written by npm run schemas -->';
export const TABLE_END = '<!-- end of settings -->';

/**
 * @typedef {object} Schema
 * @property {string} [type]
 * @property {unknown} [const]
 * @property {readonly unknown[]} [enum]
 * @property {string} [description]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {Record<string, Schema>} [properties]
 * @property {Schema | boolean} [additionalProperties]
 * @property {{ enum?: readonly string[] }} [propertyNames]
 * @property {Schema} [items]
 * @property {readonly Schema[]} [anyOf]
 */

/** @param {Schema} schema of slipway-deployment.yaml */
export function settingsTable(schema) {
  const rows = rowsOf(schema, '').map((cells) => `| ${cells.map(escaped).join(' | ')} |`);
  return [TABLE_START, '', '| setting | type | default | meaning |', '|---|---|---|---|', ...rows, '', TABLE_END].join('\n');
}

/** The text with the table in the place of the one that it has. @param {string} text @param {Schema} schema */
export function withSettingsTable(text, schema) {
  const [start, end] = [text.indexOf(TABLE_START), text.indexOf(TABLE_END)];
  if (start < 0 || end < start) throw new Error(`docs/deploying.md has lost its marks: ${TABLE_START} … ${TABLE_END}`);
  return text.slice(0, start) + settingsTable(schema) + text.slice(end + TABLE_END.length);
}

/** @param {Schema} schema @param {string} path @returns {string[][]} */
function rowsOf(schema, path) {
  return Object.entries(schema.properties ?? {}).flatMap(([key, own]) => {
    const name = path === '' ? key : `${path}.${key}`;
    const { meaning, standard } = described(own.description ?? '');
    return [[`\`${name}\``, typeOf(own), standard, meaning], ...rowsBelow(own, name)];
  });
}

/** @param {Schema} schema @param {string} name @returns {string[][]} */
function rowsBelow(schema, name) {
  const map = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  if (map?.properties !== undefined) return rowsOf(map, `${name}.PLATFORM`);
  const object = schema.anyOf?.find(({ properties }) => properties !== undefined) ?? schema;
  return rowsOf(object, name);
}

/** A description ends with its default, if it has one. @param {string} text */
function described(text) {
  const [, meaning = text, standard = ''] = /^(.*?)\s*Default: (.+)\.$/s.exec(text) ?? [];
  return { meaning: meaning.trim(), standard };
}

/** @param {Schema} schema @returns {string} */
function typeOf(schema) {
  const { type, anyOf, minimum, maximum } = schema;
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined)
    return schema.enum.length > 8 ? 'one of a list' : schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (type === 'array') return `list of ${schema.items === undefined ? 'values' : `${typeOf(schema.items)}s`}`;
  if (type === 'object') return 'map';
  if (type !== 'integer') return type ?? '';
  return minimum === undefined || maximum === undefined || maximum > 1e9 ? 'integer' : `integer, ${minimum} to ${maximum}`;
}

/** @param {string} cell */
function escaped(cell) {
  return cell.replaceAll('|', '\\|');
}
