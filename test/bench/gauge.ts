import { join } from "node:path";
import { type Answer, type Call, call, callForMemory, type Sample, type Suite } from "./call.ts";
import { forget } from "./machine.ts";
import { plugins } from "./plan.ts";

/** A way to make a call, and to say what it cost. */
export interface Gauge<Cost> {
  call(suite: Suite, each: Call): Answer<Cost>;
  /** What two calls with one label come to, such as those of a chain. */
  combine(one: Cost, other: Cost): Cost;
}

/** Time, with everything in the page cache. */
export const warm: Gauge<Sample> = {
  call,
  combine: (one, other) => ({ wall: one.wall + other.wall, cpu: one.cpu + other.cpu }),
};

/** Time, with none of the suite's executables in the page cache: one may start another. */
export const cold: Gauge<Sample> = {
  ...warm,
  call(suite, each) {
    for (const plugin of plugins) forget(join(suite.directory, plugin));
    return call(suite, each);
  },
};

/** The most memory that is resident, in MiB. */
export const memory: Gauge<number> = {
  call: callForMemory,
  combine: (one, other) => Math.max(one, other),
};
