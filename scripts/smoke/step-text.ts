/** Owns how the steps of a smoke run read: in `--list`, and as the table of docs/aws-smoke.md, which a test holds to it. */
import { formatDollars, PRICES_AS_OF, PRICES_OF_REGION } from '../../core/deployment/build-prices';
import { costText, stepCost, type SmokeStep } from './smoke-step';

export const TABLE_START = '<!-- steps: written by node dist/smoke-aws.mjs --table -->';
export const TABLE_END = '<!-- end of steps -->';

export function listText(steps: readonly SmokeStep[]): string {
  const width = Math.max(...steps.map(({ name }) => name.length));
  return [...steps.map((step) => `${step.name.padEnd(width)}  ${step.title}: ${costText(step)}`), totalText(steps)].join('\n');
}

/** One chapter a step, in order. */
export function stepsAsMarkdown(steps: readonly SmokeStep[]): string {
  const chapters = steps.map((step, at) =>
    [
      `### ${at + 1}. ${step.title} (\`${step.name}\`)`,
      '',
      `- Cost: ${costText(step)}.`,
      ...(step.needs === undefined ? [] : [`- Needs: ${step.needs.map((name) => `\`${name}\``).join(', ')}.`]),
      `- Expected: ${step.expected}.`,
      ...(step.look === undefined ? [] : ['- Decided by whoever looks at it: the run prints where.']),
      ...(step.notInEmulator === undefined ? [] : [`- Not in CI: ${step.notInEmulator}.`]),
      ...step.proves.map(({ says, page }) => `- Confirms: ${says} ([AWS](${page})).`),
    ].join('\n'),
  );
  return `${[TABLE_START, ...chapters, totalText(steps), TABLE_END].join('\n\n')}\n`;
}

function totalText(steps: readonly SmokeStep[]): string {
  const dollars = Math.round(steps.reduce((sum, step) => sum + stepCost(step), 0) * 1000) / 1000;
  return `All of it: about ${formatDollars(dollars)} of machine time, by list prices of ${PRICES_OF_REGION} as of ${PRICES_AS_OF}.`;
}
