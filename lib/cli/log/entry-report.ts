import type { Stream } from "../terminal.ts";
import type { LogEntry } from "./entry.ts";

/** Describes a call to people, on one line, or with a line for each of its steps. */
export function describeEntry(entry: LogEntry, stream: Stream, withSteps: boolean): string {
  const { verb, plugin, network, container, ifname, ms } = entry;
  const when = stream.style("faint", formatLocalTime(entry.time));
  const what = `${verb.padEnd(6)} ${plugin.padEnd(10)}`;
  const whom = [network, container, ifname].filter((part) => part !== "").join(" ");
  const head = `${when} ${formatMilliseconds(ms)}  ${what} ${whom}`.trimEnd();
  const outcome = describeOutcome(entry, stream);
  const steps = withSteps ? entry.steps.map(describeStep) : [];
  return [`${head}${outcome}`, ...steps].map((line) => `${line}\n`).join("");
}

function describeOutcome({ error, addresses }: LogEntry, stream: Stream): string {
  if (error === undefined) return addresses.length === 0 ? "" : `: ${addresses.join(", ")}`;
  const details = error.details === "" ? "" : ` (${error.details})`;
  return `: ${stream.style("bad", `error ${error.code}:`)} ${error.msg}${details}`;
}

/** Under the time of the whole call. */
function describeStep({ step, ms }: LogEntry["steps"][number]): string {
  return `${" ".repeat("2026-01-02 03:04:05.678".length)} ${formatMilliseconds(ms)}    ${step}`;
}

function formatMilliseconds(ms: number): string {
  return `${ms.toFixed(1)} ms`.padStart(11);
}

/** As other logs of the machine have it, such as journalctl's. */
function formatLocalTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time.padEnd(23);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().replace("T", " ").replace("Z", "");
}
