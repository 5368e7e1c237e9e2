/**
 * The clock inside an executable that `npm run bench -- startup` has made: instrument.ts puts calls
 * of {@link lap} into all modules. It must cost next to nothing, and imports nothing.
 */

/** What the executable says of itself when it ends. */
export interface Profile {
  /** When Bun started, in milliseconds since the epoch. */
  readonly origin: number;
  readonly laps: readonly Lap[];
}

/** @param at milliseconds since `origin` */
export type Lap = readonly [label: string, at: number];

const laps: Lap[] = [];

/** Notes that something has just been reached or done. */
export function lap(label: string): void {
  laps.push([label, performance.now()]);
}

/** Around what the kernel does. */
export function inKernel<Args extends unknown[], Result>(
  name: string,
  call: (...args: Args) => Result,
): (...args: Args) => Result {
  return (...args) => {
    lap("kernel");
    try {
      return call(...args);
    } finally {
      lap(`/kernel ${name}`);
    }
  };
}

/** The last thing that is done. */
export function reportLaps(): void {
  lap("end");
  const profile: Profile = { origin: performance.timeOrigin, laps };
  require("node:fs").writeFileSync(process.env["PATCHBAY_PROFILE"], JSON.stringify(profile));
}
