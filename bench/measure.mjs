/** Owns how figures are taken: what is compared runs in turns in one go, so that a busy machine slows both alike. */

/**
 * @typedef {object} Series
 * @property {number} min @property {number} median @property {number} max milliseconds
 */

/**
 * @typedef {object} Figure
 * @property {string} name what is measured
 * @property {string} ours what of Slipway runs
 * @property {Series} [own] undefined for what is no time
 * @property {string} [peer] what it runs against
 * @property {Series} [other]
 * @property {string} value the figure itself: a ratio, or a time
 * @property {string} bound as the issue says it
 * @property {boolean} isKept
 * @property {number} runs of each
 */

/**
 * Runs each of `contenders` `rounds` times, in turns, every second round the other way round.
 * @template {string} Name
 * @param {number} rounds
 * @param {Record<Name, () => Promise<number>>} contenders each resolves to the milliseconds that it took
 * @returns {Promise<Record<Name, Series>>}
 */
export async function inTurns(rounds, contenders) {
  const names = /** @type {Name[]} */ (Object.keys(contenders));
  const taken = /** @type {Record<Name, number[]>} */ (Object.fromEntries(names.map((name) => [name, []])));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) taken[name].push(await contenders[name]());
  }
  return /** @type {Record<Name, Series>} */ (Object.fromEntries(names.map((name) => [name, seriesOf(taken[name])])));
}

/** @param {readonly number[]} values @returns {Series} */
export function seriesOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
  return { min: sorted[0] ?? NaN, median: median ?? NaN, max: sorted.at(-1) ?? NaN };
}

/**
 * Ours against a peer's: the ratio of the medians.
 * @param {{ name: string, ours: string, own: Series, peer: string, other: Series, runs: number }} compared
 * @param {{ atMost: number } | { timesAhead: number }} bound
 * @returns {Figure}
 */
export function compare(compared, bound) {
  const ratio = compared.own.median / compared.other.median;
  if ('atMost' in bound)
    return { ...compared, value: `${ratio.toFixed(3)} ×`, bound: `at most ${bound.atMost} ×`, isKept: ratio <= bound.atMost };
  const ahead = 1 / ratio;
  const wanted = bound.timesAhead === 1 ? 'ahead' : `at least ${bound.timesAhead} × ahead`;
  return {
    ...compared,
    value: `${ahead.toFixed(2)} × ahead`,
    bound: wanted,
    isKept: bound.timesAhead === 1 ? ahead > 1 : ahead >= bound.timesAhead,
  };
}

/** `73 ms`, `1.52 s` @param {number} ms */
export function time(ms) {
  return ms < 1_000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
