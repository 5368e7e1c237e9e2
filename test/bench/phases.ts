import type { Profile } from "./laps.ts";
import { summarise } from "./statistics.ts";

/** A part of a call, in milliseconds. */
export interface Phase {
  readonly label: string;
  readonly total: number;
  /** The kernel's part, as far as it was asked for something. */
  readonly kernel: number;
}

/** @param started, ended of the process, in milliseconds since the epoch */
export function phasesOf({ origin, laps }: Profile, started: number, ended: number): Phase[] {
  const phases = new PhaseList();
  phases.add("process start", origin - started);
  let last = 0;
  let step = "";
  for (const [label, at] of laps) {
    const [kind = "", name = ""] = label.split(" ", 2);
    const spent = at - last;
    last = at;
    if (phases.count === 1) phases.add("engine", spent);
    else if (kind === "module") phases.addModule(name, spent);
    else if (kind === "/kernel") phases.add(step, spent, spent);
    else phases.add(step, spent);
    if (kind === "step") step = name;
  }
  phases.add("end of the process", ended - origin - last);
  return phases.all;
}

/** Adds up what belongs together: one step's parts, and modules that are loaded together. */
class PhaseList {
  readonly all: Phase[] = [];

  get count(): number {
    return this.all.length;
  }

  add(label: string, total: number, kernel = 0): void {
    const last = this.all.at(-1);
    if (last?.label === label) this.#replaceLast(label, last.total + total, last.kernel + kernel);
    else this.all.push({ label, total, kernel });
  }

  /** The module that was asked for comes last: before it come those that it needs. */
  addModule(name: string, total: number): void {
    const last = this.all.at(-1);
    const loaded = /^load (\d+) modules/.exec(last?.label ?? "");
    if (last === undefined || loaded === null) {
      this.all.push({ label: `load 1 modules up to ${name}`, total, kernel: 0 });
    } else {
      const count = Number(loaded[1]) + 1;
      this.#replaceLast(`load ${count} modules up to ${name}`, last.total + total, 0);
    }
  }

  #replaceLast(label: string, total: number, kernel: number): void {
    this.all[this.all.length - 1] = { label, total, kernel };
  }
}

/** @returns the medians of each phase, in the order of the first of the calls */
export function summarisePhases(calls: readonly (readonly Phase[])[]): Phase[] {
  const byKey = new Map<string, Phase[]>();
  for (const phases of calls) {
    const seen = new Map<string, number>();
    for (const phase of phases) {
      const times = (seen.get(phase.label) ?? 0) + 1;
      seen.set(phase.label, times);
      const key = `${phase.label}#${times}`;
      byKey.set(key, [...(byKey.get(key) ?? []), phase]);
    }
  }
  return [...byKey.values()].map((each) => ({
    label: each[0]?.label ?? "",
    total: summarise(each.map(({ total }) => total)).median,
    kernel: summarise(each.map(({ kernel }) => kernel)).median,
  }));
}

const negligible = 0.03;

/** @returns a line for each phase: milliseconds, the kernel's part of them, what was done */
export function formatPhases(phases: readonly Phase[]): string {
  const sum = (pick: (phase: Phase) => number) =>
    phases.reduce((total, phase) => total + pick(phase), 0);
  const lines = phases
    .filter(({ total }) => total >= negligible)
    .map(({ label, total, kernel }) => formatLine(total, kernel, label));
  const all = formatLine(
    sum(({ total }) => total),
    sum(({ kernel }) => kernel),
    "in all",
  );
  return [...lines, all].join("\n");
}

function formatLine(total: number, kernel: number, label: string): string {
  const kernelPart = kernel < 0.005 ? "" : kernel.toFixed(2);
  return `${total.toFixed(2).padStart(8)} ${kernelPart.padStart(6)}  ${label}`;
}
