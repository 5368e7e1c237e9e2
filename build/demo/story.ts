import { readFileSync } from "node:fs";
import type { Chain } from "../../test/support/chain.ts";
import { createLab, type Lab, type Outside } from "../../test/support/lab.ts";
import { Namespace } from "../../test/support/namespace.ts";
import { ask, serve } from "../../test/support/traffic.ts";
import { drawState, podStyleOf } from "./drawing.ts";
import { type Pod, readState, type State } from "./state.ts";
import { type Field, heading, indent, paint, say, table } from "./terminal.ts";

/** The network that the containers join. */
const example = "conf/single-node.conflist";
const published = { hostPort: 8080, containerPort: 80, protocol: "tcp" } as const;

/** Whatever has to be ended when the story ends. */
export interface Teardowns {
  teardown(action: () => void | Promise<void>): void;
}

/**
 * Two containers get their network, use it, and leave. Everything that is shown is asked of the
 * kernel or read from the disk at that moment.
 *
 * @throws at the first thing that is not as it should be
 */
export async function tellStory(teardowns: Teardowns): Promise<void> {
  const lab = createLab(teardowns, { host: Namespace.own("host") });
  const world = lab.outside();
  const pods = [lab.container("pod-a"), lab.container("pod-b")];
  const chain = lab.chain(JSON.parse(readFileSync(example, "utf8")));
  const before = lab.snapshot();

  heading(1, `Two containers join the network of ${example}`);
  attach(chain, pods);
  heading(2, "What exists now, as the kernel and the disk tell it");
  const state = readState(lab, pods, world.namespace);
  show(state);
  heading(3, "They reach each other, their gateway and the world");
  ping(pods, state);
  heading(4, "The world sees the host, and what is published on it");
  await exchange(teardowns, world, pods, state);
  heading(5, "They leave");
  detach(chain, pods);
  compare(lab, before);
}

/** @returns how long `work` took, as text */
function time(work: () => void): string {
  const start = performance.now();
  work();
  return `${(performance.now() - start).toFixed(0)} ms`;
}

/** The last one has a port published. */
function attach(chain: Chain, pods: readonly Namespace[]): void {
  const rows = pods.map((pod, index): Field[] => {
    const capabilities = index === pods.length - 1 ? { portMappings: [published] } : {};
    const taken = time(() => chain.add(pod, { capabilities }));
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
  const leases = state.leases.map(({ file, containerId, ifName }): Field[] => [
    { text: file, style: "dim" },
    { text: `${containerId} ${ifName}` },
  ]);
  const ports = state.ports.map(({ protocol, port, address, containerPort }): Field[] => [
    { text: `nftables: any address of the host, ${protocol} ${port}`, style: "dim" },
    { text: `${address} ${containerPort}` },
  ]);
  say(`\n${indent(table([...leases, ...ports]))}`);
}

/** Pings from everyone to everyone, in both families. */
function ping(pods: readonly Namespace[], state: State): void {
  const gateway = { name: "gateway", addresses: state.bridges[0]?.addresses ?? [] };
  const far = state.uplink?.far ?? { name: "", addresses: [] };
  const rows = pods.flatMap((from, index) =>
    [...state.pods.filter(({ name }) => name !== from.role), gateway, far].map(
      ({ name, addresses }): Field[] => [
        { text: from.role, style: podStyleOf(index) },
        { text: "→", style: "dim" },
        { text: name, ...styleOf(state.pods, name) },
        ...addresses.flatMap((address) => describePing(from, address.replace(/\/.*/, ""))),
      ],
    ),
  );
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

/** Masquerade on the way out, a published port on the way in. Every server tells who asked. */
async function exchange(
  teardowns: Teardowns,
  world: Outside,
  pods: readonly Namespace[],
  state: State,
): Promise<void> {
  const [protocol, port] = ["tcp", 80] as const;
  const pod = pods.at(-1) ?? world.namespace;
  const anywhere = ["0.0.0.0", "::"].map((address) => ({ protocol, address, port }));
  await serve(teardowns, world.namespace, ...anywhere);
  await serve(teardowns, pod, ...anywhere);

  const out = [world.ipv4, world.ipv6].map((address) =>
    describeExchange(pod, { protocol, address, port }, state),
  );
  const into = [world.hostIpv4, world.hostIpv6].map((address) =>
    describeExchange(world.namespace, { protocol, address, port: published.hostPort }, state),
  );
  say(indent(table([...out, ...into])));
}

/** @throws when there is no answer */
function describeExchange(
  from: Namespace,
  to: Parameters<typeof ask>[1],
  { pods }: State,
): Field[] {
  const answer = ask(from, to);
  if (answer === undefined)
    throw new Error(`${from.role}: no answer from ${to.address} ${to.port}`);
  return [
    { text: from.role, ...styleOf(pods, from.role) },
    { text: "→", style: "dim" },
    { text: `${to.address} ${to.protocol} ${to.port}` },
    { text: "answered, and seen as", style: "dim" },
    { text: answer.address, style: "green" },
  ];
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
  for (const { name } of readState(lab, [], undefined).bridges) {
    say(indent(`The bridge ${name} stays for the next container. It is taken away by hand now.`));
    lab.host.exec("ip", "link", "delete", name);
  }
  const [was, is] = [before.split("\n"), lab.snapshot().split("\n")];
  const left = is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`);
  const lost = was.filter((line) => !is.includes(line)).map((line) => `- ${line}`);
  const differences = [...left, ...lost].join("\n");
  if (is.join("\n") !== before) throw new Error(`Not as it was:\n${differences}`);
  const proof = `${was.length} lines of state are as before:`;
  say(indent(`\n${paint("✔ Nothing is left.", "green")} ${proof}`));
  say(
    indent(
      paint(`links, addresses, routes, rules, neighbours, packet rules, settings, files`, "dim"),
    ),
  );
}
