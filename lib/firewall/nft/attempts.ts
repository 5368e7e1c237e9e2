/** Each attempt that fails means that another process succeeded in the meantime. */
const ATTEMPTS = 100;

/** Repeats work that others may interfere with until it says that it is done. */
export function repeat(attempt: () => boolean): void {
  for (let count = 1; count <= ATTEMPTS; count++) if (attempt()) return;
  throw new Error(`Gave up after ${ATTEMPTS} attempts: the nftables ruleset keeps changing`);
}
