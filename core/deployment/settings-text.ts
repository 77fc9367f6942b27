/** Owns reading slipway-deployment.yaml: every problem at once, each with its line and column. */
import { isMap } from '../recipe/recipe';
import { describeIssues, type RecipeIssue, type RecipeValues } from '../recipe/recipe-issues';
import { keyPathText } from '../recipe/recipe-paths';
import { locateIssues, readYaml, textInvalid, valueAt } from '../recipe/yaml-text';
import { SlipwayError } from '../slipway-error';
import { REMOTE_PLATFORM_IDS } from './build-machines';
import { DeploymentSettingsSchema, type DeploymentSettings } from './deployment-settings';
import { settingsIssues } from './settings-rules';

/** Where the settings are looked for when nobody names a file. */
export const SETTINGS_FILE = 'slipway-deployment.yaml';

/**
 * @param file how messages call it
 * @param region where it is to be deployed, as far as the environment tells; what the file says wins
 * @throws SlipwayError `settings-invalid` with every problem in `details.problems`
 */
export function readSettings(text: string, file: string, region?: string): DeploymentSettings {
  const yaml = readYaml(text);
  const hint = `correct ${file}, then run slipway deploy`;
  if (!yaml.isReadable) throw textInvalid('settings-invalid', file, yaml.problems, hint);
  // An empty file, or one of comments alone, is all defaults.
  const judged = judge(yaml.raw ?? {}, yaml.values, region);
  const problems = [...yaml.problems, ...locateIssues(judged.issues, yaml.locate)];
  if (problems.length > 0 || judged.settings === undefined) throw textInvalid('settings-invalid', file, problems, hint);
  return judged.settings;
}

/**
 * Settings that come from code.
 * @throws SlipwayError `settings-invalid` with every problem in `details.problems`
 */
export function parseSettings(raw: unknown, region?: string): DeploymentSettings {
  const values: RecipeValues = { valueAt: (path) => valueAt(raw, path), typedAt: () => undefined };
  const { settings, issues } = judge(raw, values, region);
  if (settings !== undefined && issues.length === 0) return settings;
  const problems = issues.map(({ path, message }) => ({ path: keyPathText(path), message }));
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  throw new SlipwayError(
    'settings-invalid',
    lines.length === 1 ? (lines[0] ?? '') : `the settings have ${lines.length} problems:\n  ${lines.join('\n  ')}`,
    {
      hint: 'see docs/deploying.md for what each setting may be',
      details: { problems },
    },
  );
}

interface Judged {
  readonly settings?: DeploymentSettings;
  readonly issues: readonly RecipeIssue[];
}

function judge(raw: unknown, values: RecipeValues, region: string | undefined): Judged {
  if (!isMap(raw)) return { issues: [{ path: [], at: 'value', message: 'expected a map of keys, such as stage: prod' }] };
  const parsed = DeploymentSettingsSchema.safeParse(raw);
  if (parsed.success) return { settings: parsed.data, issues: settingsIssues(parsed.data, region) };
  const issues = describeIssues(DeploymentSettingsSchema, parsed.error.issues, values).map(ownWords);
  // What can be understood is judged too, so that all problems show at once.
  const wrong = new Set(issues.map(({ path }) => path[0]));
  const rest = DeploymentSettingsSchema.safeParse(Object.fromEntries(Object.entries(raw).filter(([key]) => !wrong.has(key)))).data;
  const more = rest === undefined ? [] : settingsIssues(rest, region).filter(({ path }) => Object.hasOwn(raw, path[0] ?? ''));
  return { issues: [...issues, ...more] };
}

/** macOS is a platform, and not one of these. */
function ownWords(found: RecipeIssue): RecipeIssue {
  const [first, platform] = found.path;
  if (first !== 'platforms' || found.path.length !== 2 || !String(platform).startsWith('macos-')) return found;
  return {
    ...found,
    at: 'key',
    message: `'${String(platform)}' is built on a Mac, with --target local: here are ${REMOTE_PLATFORM_IDS.join(', ')}`,
  };
}
