import { type Answer, type Call, call, callForMemory, type Sample, type Suite } from "./call.ts";

/** A way to make a call, and to say what it cost. */
export interface Gauge<Cost> {
  call(suite: Suite, each: Call): Answer<Cost>;
  /** What two calls with one label come to, such as those of a chain. */
  combine(one: Cost, other: Cost): Cost;
}

/** Time. */
export const warm: Gauge<Sample> = {
  call,
  combine: (one, other) => ({ wall: one.wall + other.wall, cpu: one.cpu + other.cpu }),
};

/** The most memory that is resident, in MiB. */
export const memory: Gauge<number> = {
  call: callForMemory,
  combine: (one, other) => Math.max(one, other),
};
