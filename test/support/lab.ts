import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Test } from "tap";
import { Chain, type Conflist } from "./chain.ts";
import { Namespace, type RunOptions, run } from "./namespace.ts";
import { type Json, type Outcome, PluginFailure, parseOutcome } from "./outcome.ts";
import { takeSnapshot } from "./snapshot.ts";

/** The built executables. */
export const patchbay = resolve("dist/bin");
/** The reference suite as Debian packages it (1.1.1): it speaks up to CNI 1.0.0. */
export const reference = "/usr/lib/cni";

/** Where plugins and runtimes keep their state. */
const cniDir = "/var/lib/cni";
/** Where plugins keep what ends with the boot. */
const recordsDir = "/run/patchbay";

export type Verb = "ADD" | "CHECK" | "DEL" | "GC" | "STATUS" | "VERSION";

/** One call of a plugin. Whatever is left out has a sensible default; see {@link Lab.cni}. */
export interface Call extends Pick<RunOptions, "env" | "cwd"> {
  /** Whom the call is about. */
  readonly container?: Namespace;
  /** `CNI_NETNS`: the container's path by default; "" as runtimes say when it is gone. */
  readonly netns?: string;
  /** `CNI_CONTAINERID`: that of {@link containerIdOf} by default. */
  readonly containerId?: string;
  /** `CNI_IFNAME`: "eth0" by default. */
  readonly ifName?: string;
  /** `CNI_ARGS`, "K=V;K=V": not set by default. */
  readonly args?: string;
  /** `CNI_PATH`, and where the plugin is executed from: that of the lab by default. */
  readonly cniPath?: string;
  /** What the plugin reads instead of the configuration. */
  readonly stdin?: string | Uint8Array;
  /** The plugin is killed when it has kept a processor busy for so long. */
  readonly cpuSeconds?: number;
}

/** @returns the container ID that calls use for a container, the same in every run */
export function containerIdOf(container: Namespace | undefined): string {
  return container === undefined ? "container" : `container-${container.role}`;
}

/** A machine that is not the host, behind a link to it. */
export interface Outside {
  readonly namespace: Namespace;
  /** Its own addresses. */
  readonly ipv4: string;
  readonly ipv6: string;
  /** Those of the host's end, {@link Outside.uplink}. */
  readonly hostIpv4: string;
  readonly hostIpv6: string;
  /** The host's link to it, where the host's default routes go. */
  readonly uplink: string;
}

/**
 * A throw-away world for one test: a namespace that plays the host, others that play containers and
 * a machine elsewhere, a /var/lib/cni and a /run/patchbay of their own. All of it goes when the test
 * ends.
 */
export interface Lab {
  readonly host: Namespace;
  /** What plugins find at /var/lib/cni. */
  readonly stateDir: string;
  /** What plugins find at /run/patchbay. */
  readonly runDir: string;
  /** host-local's default `dataDir`, as this process sees it: a folder per network. */
  readonly dataDir: string;
  /** Makes a container. */
  container(role: string): Namespace;
  /** The machine elsewhere, made at the first call. */
  outside(): Outside;
  /** Calls one plugin inside the host. A failure is an {@link Outcome} too. */
  cni(verb: Verb, plugin: string, config: Json, call?: Call): Outcome;
  /** As {@link Lab.cni}, but throws a {@link PluginFailure}. @returns the result of ADD */
  succeed(verb: Verb, plugin: string, config: Json, call?: Call): Json;
  /** Plays the runtime for a whole conflist. */
  chain(conflist: Conflist, options?: { readonly cniPath?: string }): Chain;
  /** Runs a program inside the host as plugins are run: with this lab's /var/lib/cni. */
  runOnHost(argv: readonly string[], options?: RunOptions): ReturnType<typeof run>;
  /** The state of host, containers and the machine elsewhere, whole, as text to be compared. */
  snapshot(): string;
}

export interface LabOptions {
  /** Where plugins are looked for: {@link patchbay} by default. */
  readonly cniPath?: string;
  /** What plays the host, if there is something already, with files of its own. */
  readonly host?: Namespace;
}

export function createLab(t: Pick<Test, "teardown">, options: LabOptions = {}): Lab {
  const folder = options.host ? undefined : mkdtempSync(join(tmpdir(), "patchbay-lab-"));
  const stateDir = folder === undefined ? cniDir : join(folder, "state");
  const runDir = folder === undefined ? recordsDir : join(folder, "run");
  const namespaces: Namespace[] = [];
  t.teardown(() => {
    for (const namespace of namespaces) namespace.delete();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  const create = (role: string) => {
    const namespace = Namespace.create(role);
    namespaces.push(namespace);
    namespace.exec("ip", "link", "set", "lo", "up");
    return namespace;
  };
  const host = options.host ?? create("host");
  let outside: Outside | undefined;
  for (const path of [stateDir, runDir, cniDir, recordsDir]) mkdirSync(path, { recursive: true });

  const lab: Lab = {
    host,
    stateDir,
    runDir,
    dataDir: join(stateDir, "networks"),
    container: create,
    outside: () => {
      outside ??= connectOutside(host, create("outside"));
      return outside;
    },
    cni: (verb, plugin, config, call = {}) => {
      const cniPath = call.cniPath ?? options.cniPath ?? patchbay;
      const program = join(cniPath.split(":")[0] ?? "", plugin);
      const limit = call.cpuSeconds === undefined ? [] : ["prlimit", `--cpu=${call.cpuSeconds}`];
      return parseOutcome(
        lab.runOnHost([...limit, program], {
          stdin: call.stdin ?? JSON.stringify(config),
          env: { ...environmentOf(verb, call, cniPath), ...call.env },
          ...(call.cwd === undefined ? {} : { cwd: call.cwd }),
        }),
      );
    },
    succeed: (verb, plugin, config, call) => {
      const outcome = lab.cni(verb, plugin, config, call);
      if (outcome.exitCode !== 0) throw new PluginFailure(verb, plugin, outcome);
      return outcome.result ?? {};
    },
    chain: (conflist, chainOptions) => new Chain(lab, conflist, chainOptions?.cniPath),
    runOnHost: (argv, runOptions) => {
      if (folder === undefined) return run(host.command(...argv), runOptions);
      const bind = `mount --bind "$0" ${cniDir} && mount --bind "$1" ${recordsDir} && shift && exec "$@"`;
      return run(host.command("sh", "-c", bind, stateDir, runDir, ...argv), runOptions);
    },
    snapshot: () => takeSnapshot([...new Set([host, ...namespaces])], [stateDir, runDir]),
  };
  return lab;
}

function environmentOf(verb: Verb, call: Call, cniPath: string): RunOptions["env"] {
  const { container } = call;
  return {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: call.containerId ?? containerIdOf(container),
    CNI_NETNS: call.netns ?? container?.path,
    CNI_IFNAME: call.ifName ?? "eth0",
    CNI_PATH: cniPath,
    CNI_ARGS: call.args,
  };
}

/**
 * Addresses are those for documentation (RFC 5737, RFC 3849). The machine elsewhere has no route
 * back to containers: it answers what comes from the host's own address, as on the Internet.
 */
function connectOutside(host: Namespace, namespace: Namespace): Outside {
  const outside: Outside = {
    namespace,
    ipv4: "198.51.100.2",
    ipv6: "2001:db8:100::2",
    hostIpv4: "198.51.100.1",
    hostIpv6: "2001:db8:100::1",
    uplink: "uplink",
  };
  // Both ends have a link-local address before anybody looks, not up to two seconds later.
  const settle = (link: string) => `
    echo 0 > /proc/sys/net/ipv6/conf/${link}/accept_dad
    ip link set ${link} up`;
  const wait = (link: string) => `
    until ip -6 address show dev ${link} scope link | grep -q fe80; do sleep 0.01; done`;
  host.shell(`
    ip link add uplink type veth peer name eth0 netns ${namespace.name}
    ip address add ${outside.hostIpv4}/24 dev uplink
    ip address add ${outside.hostIpv6}/64 dev uplink nodad
    ${settle("uplink")}
  `);
  namespace.shell(`
    ip address add ${outside.ipv4}/24 dev eth0
    ip address add ${outside.ipv6}/64 dev eth0 nodad
    ${settle("eth0")}
    ${wait("eth0")}
  `);
  host.shell(`
    ${wait("uplink")}
    ip route add default via ${outside.ipv4}
    ip -6 route add default via ${outside.ipv6}
  `);
  return outside;
}
