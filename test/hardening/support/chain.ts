import type { Json } from "../../support/outcome.ts";

export const verbs = ["ADD", "DEL", "GC"] as const;
export const plugins = ["loopback", "bridge", "portmap"] as const;

/** One call of one plugin, as a runtime makes it. */
export interface Step {
  readonly verb: (typeof verbs)[number];
  readonly plugin: (typeof plugins)[number];
}

/** What a runtime calls for one container, first to last. */
export const life: readonly Step[] = [
  { verb: "ADD", plugin: "loopback" },
  { verb: "ADD", plugin: "bridge" },
  { verb: "ADD", plugin: "portmap" },
  { verb: "DEL", plugin: "portmap" },
  { verb: "DEL", plugin: "bridge" },
  { verb: "DEL", plugin: "loopback" },
];

/** The bridge's name: it stays after DEL, as with the reference suite. */
export const bridgeName = "cni0";

const common = { cniVersion: "1.1.0", name: "net" };

/** Of each family a single address: the next ADD proves that it is free again. */
const ranges = [
  [{ subnet: "10.88.0.0/24", rangeStart: "10.88.0.2", rangeEnd: "10.88.0.2" }],
  [{ subnet: "fd00:88::/64", rangeStart: "fd00:88::2", rangeEnd: "fd00:88::2" }],
];

const portMappings = [
  { hostPort: 8080, containerPort: 80, protocol: "tcp" },
  { hostPort: 5353, containerPort: 53, protocol: "udp" },
];

const configs: { readonly [plugin in Step["plugin"]]: Json } = {
  loopback: { ...common, name: "lo", type: "loopback" },
  bridge: {
    ...common,
    type: "bridge",
    bridge: bridgeName,
    isDefaultGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: { type: "host-local", ranges },
  },
  portmap: { ...common, type: "portmap", capabilities: { portMappings: true } },
};

/** @param sandbox the path of the container's namespace */
export function stdinOf({ verb, plugin }: Step, sandbox: string): Json {
  const config = configs[plugin];
  if (verb === "GC") return { ...config, "cni.dev/valid-attachments": [] };
  return verb === "ADD" && plugin === "portmap" ? { ...config, ...afterBridge(sandbox) } : config;
}

/** What portmap needs of bridge's result. */
function afterBridge(sandbox: string): Json {
  const ips = ["10.88.0.2/24", "fd00:88::2/64"].map((address) => ({ address, interface: 0 }));
  const interfaces = [{ name: "eth0", sandbox }];
  const prevResult = { cniVersion: common.cniVersion, interfaces, ips };
  return { runtimeConfig: { portMappings }, prevResult };
}
