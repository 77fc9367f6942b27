/** Owns that a command which is named to be typed next leads to where the typed one led: with its --target, --stage, --region, --profile. */
import type { GlobalOptions } from './context';

const PLACE = ['target', 'stage', 'region', 'profile'] as const;

/** Those that reach the builds and links of a target; deploy and destroy name their stage themselves. */
const COMMANDS_AT_A_PLACE =
  /\bslipway (start-build|status|builds|logs|cancel|download|verify|distribute|distributions|downloads|revoke)\b/g;

/** `slipway status ID` -> `slipway status --target aws --stage dev ID`, where that was typed. */
export function withTypedPlace(text: string, globals: GlobalOptions): string {
  const options = PLACE.flatMap((name) => {
    const value = globals[name];
    return value === undefined ? [] : [` --${name} ${/^[\w.-]+$/.test(value) ? value : JSON.stringify(value)}`];
  }).join('');
  return options === '' ? text : text.replace(COMMANDS_AT_A_PLACE, (command) => `${command}${options}`);
}
