/**
 * `npm start`: two containers get their network from an example of conf/, talk to each other and to
 * their gateway in both families, and leave nothing behind. All of it happens in namespaces of its
 * own; what is shown is read from the kernel and the disk.
 */
import { readFileSync } from "node:fs";
import { version } from "../package.json";
import type { Chain } from "../test/support/chain.ts";
import { createLab, type Lab } from "../test/support/lab.ts";
import { Namespace } from "../test/support/namespace.ts";
import { drawState, podStyleOf } from "./demo/drawing.ts";
import { type Pod, readState, type State } from "./demo/state.ts";
import { type Field, heading, indent, paint, say, table } from "./demo/terminal.ts";
import { enterOwnWorld, furnishWorld, isOwnWorld } from "./demo/world.ts";
import { compile, isUpToDate } from "./executables.ts";
import { ensureSystemPackages } from "./system-packages.ts";

const example = "conf/bridge.conflist";

async function prepare(): Promise<void> {
  ensureSystemPackages("demo");
  if (isUpToDate()) return;
  say("Building dist/bin …");
  await compile();
}

/** @returns how long `work` took, as text */
function time(work: () => void): string {
  const start = performance.now();
  work();
  return `${(performance.now() - start).toFixed(0)} ms`;
}

function attach(chain: Chain, pods: readonly Namespace[]): void {
  const rows = pods.map((pod, index): Field[] => {
    const taken = time(() => chain.add(pod));
    const ips: { address: string }[] = chain.resultOf(pod)?.["ips"] ?? [];
    return [
      { text: "ADD" },
      { text: pod.role, style: podStyleOf(index) },
      ...ips.map(({ address }) => ({ text: address })),
      { text: taken, style: "dim", right: true },
    ];
  });
  say(indent(table(rows)));
}

function show(state: State): void {
  say(indent(drawState(state).render(paint)));
  const rows = state.leases.map(({ file, containerId, ifName }): Field[] => [
    { text: file, style: "dim" },
    { text: `${containerId} ${ifName}` },
  ]);
  say(`\n${indent(table([[{ text: "What host-local has leased:" }], ...rows]))}`);
}

/** Pings from one to another and to the gateway, in both families. */
function ping(pods: readonly Namespace[], state: State): void {
  const rows = pods.flatMap((from, index) => {
    const targets = [
      ...state.pods
        .filter(({ name }) => name !== from.role)
        .map(({ name, addresses }) => ({ name, addresses })),
      { name: "gateway", addresses: state.bridges[0]?.addresses ?? [] },
    ];
    return targets.map(({ name, addresses }): Field[] => [
      { text: from.role, style: podStyleOf(index) },
      { text: "→", style: "dim" },
      { text: name, ...styleOf(state.pods, name) },
      ...addresses.flatMap((address) => describePing(from, address.replace(/\/.*/, ""))),
    ]);
  });
  say(indent(table(rows)));
}

function styleOf(pods: readonly Pod[], name: string): Pick<Field, "style"> {
  const index = pods.findIndex((pod) => pod.name === name);
  return index < 0 ? {} : { style: podStyleOf(index) };
}

/** @throws when there is no answer */
function describePing(from: Namespace, address: string): Field[] {
  const answer = from.exec("ping", "-n", "-q", "-c5", "-i0.01", "-W2", address);
  const average = /= [\d.]+\/([\d.]+)\//.exec(answer)?.[1] ?? "?";
  return [{ text: address }, { text: `${average} ms`, style: "green", right: true }];
}

function detach(chain: Chain, pods: readonly Namespace[]): void {
  const rows = pods.map((pod, index): Field[] => [
    { text: "DEL" },
    { text: pod.role, style: podStyleOf(index) },
    { text: time(() => chain.del(pod)), style: "dim", right: true },
  ]);
  say(indent(table(rows)));
}

/**
 * The bridge stays for the next container, as it should; without it, all has to be as it was.
 *
 * @throws with the lines that differ, when there are any
 */
function compare(lab: Lab, before: string): void {
  for (const { name } of readState(lab, []).bridges) {
    say(indent(`The bridge ${name} stays for the next container. It is taken away by hand now.`));
    lab.host.exec("ip", "link", "delete", name);
  }
  const [was, is] = [before.split("\n"), lab.snapshot().split("\n")];
  const left = is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`);
  const lost = was.filter((line) => !is.includes(line)).map((line) => `- ${line}`);
  const differences = [...left, ...lost];
  if (is.join("\n") !== before) throw new Error(`Not as it was:\n${differences.join("\n")}`);
  const what = "links, addresses, routes, rules, neighbours, packet filters, settings, files";
  say(
    indent(`${paint("✔ Nothing is left.", "green")} ${was.length} lines of state are as before:`),
  );
  say(indent(paint(what, "dim")));
}

function tell(teardowns: (() => void)[]): void {
  const lab = createLab(
    { teardown: (action: () => void) => teardowns.push(action) },
    { host: Namespace.own("host") },
  );
  const conflist = JSON.parse(readFileSync(example, "utf8"));
  const pods = [lab.container("pod-a"), lab.container("pod-b")];
  const chain = lab.chain(conflist);
  const before = lab.snapshot();

  heading(1, `Two containers join the network of ${example}`);
  attach(chain, pods);
  heading(2, "What exists now, as the kernel and the disk tell it");
  const state = readState(lab, pods);
  show(state);
  heading(3, "They reach each other and their gateway");
  ping(pods, state);
  heading(4, "They leave");
  detach(chain, pods);
  compare(lab, before);
}

async function main(): Promise<number> {
  if (!isOwnWorld()) {
    await prepare();
    say(`\n${paint(`patchbay ${version}`, "bold")} · container networking, one executable`);
    return enterOwnWorld("build/demo.ts");
  }
  const teardowns: (() => void)[] = [];
  try {
    furnishWorld();
    tell(teardowns);
    return 0;
  } finally {
    for (const teardown of teardowns) teardown();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
