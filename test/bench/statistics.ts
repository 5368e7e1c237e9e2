/** What many measurements of one thing come to. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  /** A quarter is below, and a quarter above: the spread that matters. */
  readonly low: number;
  readonly high: number;
  readonly min: number;
}

export function summarise(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    min: sorted[0] ?? Number.NaN,
  };
}

/** @param sorted ascending. @returns what `share` of the values are below, between two of them */
export function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}
