import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until `condition` holds, asking again at short intervals.
 *
 * @param what names the state for the error text, as in "the bridge has carrier"
 * @throws when it does not hold before the deadline
 */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  milliseconds = 5_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not so after ${milliseconds} ms: ${what}`);
    await sleep(20);
  }
}
