import { otherTargets, targets } from "./plan.ts";
import type { BySuite, CallResult, Results } from "./results.ts";
import type { Summary } from "./statistics.ts";

/** @returns the results as a page for people */
export function formatReport(results: Results): string {
  const [ours = "", theirs = ""] = results.suites.map(({ name }) => name);
  return [
    ...introduction(results),
    "## One call at a time\n",
    ...callTable(results.calls, ours, theirs, { withTargets: true }),
    "## After a boot\n\nThe executables are not in the page cache, before each call anew.\n",
    ...callTable(results.cold, ours, theirs, { withTargets: false }),
    "## Beside other attachments\n",
    "Each with a lease, a masquerade and a published port, of the suite that is measured. In",
    "milliseconds, beside none to many; growth is how many times as long it takes beside the most.",
    `Wanted of ours: ${otherTargets.growth} at most.\n`,
    ...crowdedTable(results, ours, theirs),
    ...atOnce(results, ours, theirs),
    ...memory(results, ours, theirs),
    ...traffic(results),
  ].join("\n");
}

function introduction({ date, machine, suites }: Results): string[] {
  const { processors, memory: ram, kernel, bun, load } = machine;
  return [
    "# Results\n",
    "Written by `npm run bench`; ../README.md says how. Medians, and in parentheses the quartiles.\n",
    `- ${date}, on ${processors}, ${ram}, ${kernel}, Bun ${bun}`,
    `- load of the machine before and after: ${load.map((each) => each.toFixed(1)).join(", ")}`,
    ...suites.map(({ name, version }) => `- ${name}: ${version}`),
    "\n![the medians as bars](chart.svg)\n",
  ];
}

function callTable(
  calls: readonly CallResult[],
  ours: string,
  theirs: string,
  { withTargets }: { withTargets: boolean },
): string[] {
  const targeted = withTargets ? ["wanted"] : [];
  return [
    ...header("call", `${ours}, ms`, `${theirs}, ms`, "ratio", ...targeted, "CPU, ms", "their CPU"),
    ...calls.map(({ call, wall, cpu }) =>
      row(
        call,
        spread(wall[ours]),
        spread(wall[theirs]),
        ratio(wall, ours, theirs),
        ...targeted.map(() => wanted(call, wall, ours)),
        median(cpu[ours]),
        median(cpu[theirs]),
      ),
    ),
    "",
  ];
}

function wanted(call: string, wall: BySuite<Summary>, ours: string): string {
  const target = targets.get(call);
  if (target !== undefined) return `≤ ${target}`;
  const floor = "does nothing";
  if (wall[floor] === undefined) return "";
  return `${ratio(wall, ours, floor)} × one that does nothing, ≤ ${otherTargets.version}`;
}

function crowdedTable({ crowded }: Results, ours: string, theirs: string): string[] {
  const sizes = [...new Set(crowded.map(({ others }) => others))].sort((a, b) => a - b);
  const calls = [...new Set(crowded.map(({ call }) => call))];
  const [none = "", ...more] = sizes.map((size) => size.toLocaleString("en"));
  const headed = (suite: string) => [`${suite}, ${none}`, ...more, "growth"];
  return [
    ...header("call", ...headed(ours), ...headed(theirs)),
    ...calls.map((call) => {
      const results = sizes.map((size) =>
        crowded.find((each) => each.call === call && each.others === size),
      );
      return row(call, ...growthOf(results, ours), ...growthOf(results, theirs));
    }),
    "",
  ];
}

/** @param results of one call beside more and more others */
function growthOf(results: readonly (CallResult | undefined)[], suite: string): string[] {
  const medians = results.map((each) => each?.wall[suite]?.median);
  const [first, last] = [medians[0], medians.at(-1)];
  const growth = first === undefined || last === undefined ? "" : (last / first).toFixed(2);
  return [...medians.map(decimals), growth];
}

function atOnce({ podsAtOnce, atOnce: rates }: Results, ours: string, theirs: string): string[] {
  return [
    `## ${podsAtOnce} pods at once\n`,
    `Whole chains, in pods a second; wanted: ${otherTargets.podsPerSecond} × as many.\n`,
    ...header("verb", ours, theirs, "ratio"),
    ...rates.map(({ verb, rate }) =>
      row(verb, spread(rate[ours]), spread(rate[theirs]), ratio(rate, ours, theirs)),
    ),
    "",
  ];
}

function memory({ memory: peaks }: Results, ours: string, theirs: string): string[] {
  return [
    "## Memory\n",
    "At most resident, in MiB; of a chain, by the call that needs most.",
    `Wanted: ${otherTargets.memory} at most; what is more is bold.\n`,
    ...header("call", ours, theirs),
    ...peaks.map(({ call, peak }) => row(call, emphasised(peak[ours]), emphasised(peak[theirs]))),
    "",
  ];
}

/** @returns the median, bold where it is more than was wanted */
function emphasised(peak: Summary | undefined): string {
  const isMore = peak !== undefined && peak.median > otherTargets.memory;
  return isMore ? `**${median(peak)}**` : median(peak);
}

function traffic({ traffic: talks }: Results): string[] {
  return [
    "## Packets through a published port\n",
    ...header("suite", "backend", "published ports", "round trip, µs", "connections a second"),
    ...talks.map(({ suite, backend, mappings, roundTrip, connectionRate }) =>
      row(
        suite,
        backend,
        mappings.toLocaleString("en"),
        spread(roundTrip),
        connectionRate.toFixed(0),
      ),
    ),
    "",
  ];
}

function header(...cells: readonly string[]): string[] {
  return [row(...cells), row(...cells.map(() => "---"))];
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function spread(summary: Summary | undefined): string {
  if (summary === undefined) return "";
  return `${decimals(summary.median)} (${decimals(summary.low)}–${decimals(summary.high)})`;
}

function median(summary: Summary | undefined): string {
  return decimals(summary?.median);
}

function decimals(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(value < 100 ? 1 : 0);
}

function ratio(summaries: BySuite<Summary>, ours: string, theirs: string): string {
  const [a, b] = [summaries[ours]?.median, summaries[theirs]?.median];
  return a === undefined || b === undefined ? "" : (a / b).toFixed(2);
}
