import type { Call, Json, Pod, Suite } from "./call.ts";

/** How a round calls plugins, and gets their results. Costs of one label are combined. */
export interface Caller {
  readonly suite: Suite;
  measured(label: string, each: Call): Json;
  /** For what has to be there before, or to go after. */
  unmeasured(each: Call): Json;
}

/** Calls about one pod, which leave everything as it was. */
export interface Round {
  readonly name: string;
  run(caller: Caller, pod: Pod): void;
}

/** A round as a suite is asked for it. */
export type RoundFor = (suite: Suite) => Round;

export type Backend = "nftables" | "iptables";

/** What the networks of all rounds share. */
export interface Setting {
  /** host-local's, of the suite that is measured: they do not share an index. */
  readonly dataDir: string;
  /** The suites choose for themselves where it is undefined. */
  readonly backend: Backend | undefined;
  /** Attachments that are there all the time: a runtime names them when it asks for GC. */
  readonly others: readonly Attachment[];
}

export interface Attachment {
  readonly containerID: string;
  readonly ifname: string;
}

export const network = "bench";

export const loopback = { type: "loopback", name: network } as const;

export function hostLocal({ dataDir }: Pick<Setting, "dataDir">) {
  const ipam = { type: "host-local", dataDir, ranges: [[{ subnet: "10.64.0.0/10" }]] };
  return { type: "host-local", name: network, ipam } as const;
}

export const layer2 = { type: "bridge", name: network, bridge: "bench-l2" } as const;

export function bridge(setting: Setting, masquerades: boolean) {
  return {
    type: "bridge",
    name: network,
    bridge: "bench0",
    isGateway: true,
    isDefaultGateway: true,
    ipMasq: masquerades,
    ...(setting.backend && masquerades && { ipMasqBackend: setting.backend }),
    ipam: hostLocal(setting).ipam,
  } as const;
}

export function portmap({ backend }: Setting, mappings: readonly Json[] = twoPorts) {
  return {
    type: "portmap",
    name: network,
    snat: true,
    capabilities: { portMappings: true },
    ...(backend && { backend }),
    runtimeConfig: { portMappings: mappings },
  } as const;
}

const twoPorts: readonly Json[] = [
  { hostPort: 8080, containerPort: 80, protocol: "tcp" },
  { hostPort: 8443, containerPort: 443, protocol: "tcp" },
];

export function versions(plugins: readonly string[]): Round {
  return {
    name: "VERSION",
    run({ measured }, pod) {
      for (const type of plugins) measured(type, { verb: "VERSION", config: { type }, pod });
    },
  };
}

/** ADD, CHECK and DEL of one plugin; STATUS and GC where the suite knows them. */
export function life(name: string, config: Call["config"], setting: Setting): Round {
  return {
    name,
    run({ suite, measured }, pod) {
      const prevResult = measured("ADD", { verb: "ADD", config, pod });
      const known = { ...config, prevResult };
      if (suite.cniVersion === "1.1.0") {
        measured("STATUS", { verb: "STATUS", config, pod });
        measured("GC", { verb: "GC", config: { ...config, ...validOf(pod, setting) }, pod });
      }
      measured("CHECK", { verb: "CHECK", config: known, pod });
      measured("DEL", { verb: "DEL", config: known, pod });
    },
  };
}

/** ADD and DEL alone: the reference cannot CHECK a network without IPAM. */
export function comeAndGo(name: string, config: Call["config"]): Round {
  return {
    name,
    run({ measured }, pod) {
      const prevResult = measured("ADD", { verb: "ADD", config, pod });
      measured("DEL", { verb: "DEL", config: { ...config, prevResult }, pod });
    },
  };
}

function validOf({ containerId }: Pod, { others }: Setting): Json {
  const valid = [...others, { containerID: containerId, ifname: "eth0" }];
  return { "cni.dev/valid-attachments": valid };
}

/** portmap, on a pod that has its network already. */
export function ports(name: string, setting: Setting): Round {
  const attached = bridge(setting, false);
  return {
    name,
    run(caller, pod) {
      const prevResult = caller.unmeasured({ verb: "ADD", config: attached, pod });
      const config = { ...portmap(setting), prevResult };
      // The older ones CHECK for rules of IPv6, which this pod does not have.
      const isOld = caller.suite.cniVersion !== "1.1.0";
      const round = isOld ? comeAndGo(name, config) : life(name, config, setting);
      round.run(caller, pod);
      caller.unmeasured({ verb: "DEL", config: { ...attached, prevResult }, pod });
    },
  };
}

/** What a runtime does when a pod starts and when it stops. */
export function chain(name: string, setting: Setting): Round {
  return {
    name,
    run({ measured }, pod) {
      const steps = chainSteps(setting);
      let prevResult: Json = {};
      for (const each of steps) {
        prevResult = measured("ADD", startOf(each, prevResult, pod));
      }
      for (const each of steps.toReversed()) measured("DEL", stopOf(each, prevResult, pod));
    },
  };
}

interface ChainStep {
  readonly config: Call["config"];
  readonly ifName: string;
  /** Whether it continues the network, and gets the result of what went before. */
  readonly continues: boolean;
}

export function chainSteps(setting: Setting, mappings?: readonly Json[]): readonly ChainStep[] {
  return [
    { config: loopback, ifName: "lo", continues: false },
    { config: bridge(setting, true), ifName: "eth0", continues: false },
    { config: portmap(setting, mappings), ifName: "eth0", continues: true },
  ];
}

export function startOf(
  { config, ifName, continues }: ChainStep,
  prevResult: Json,
  pod: Pod,
): Call {
  return { verb: "ADD", config: continues ? { ...config, prevResult } : config, pod, ifName };
}

/** @param prevResult of the whole chain; the loopback is a network of its own, and has none */
export function stopOf({ config, ifName }: ChainStep, prevResult: Json, pod: Pod): Call {
  const known = config.type === "loopback" ? config : { ...config, prevResult };
  return { verb: "DEL", config: known, pod, ifName };
}
