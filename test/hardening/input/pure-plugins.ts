import { parseHostLocalConfig } from "../../../ipam/host-local/config.ts";
import { parseAttachments } from "../../../lib/cni/attachments.ts";
import { describeLease, parseLease } from "../../../lib/cni/lease.ts";
import type { AddRequest, Plugin, PluginEntry, Request } from "../../../lib/cni/plugin.ts";
import { specVersions } from "../../../lib/cni/version.ts";
import { type BridgeConfig, parseBridgeConfig } from "../../../plugins/bridge/config.ts";
import { gatewayAddresses, planGateways } from "../../../plugins/bridge/gateway.ts";
import { type PortmapConfig, parsePortmapConfig } from "../../../plugins/portmap/config.ts";

/**
 * The plugins, as far as they are pure: all that they make of what they are told, and nothing that
 * they do. IPAM is asked, through the world's `execute`.
 */

function pure<Config>(
  parseConfig: Plugin<Config>["parseConfig"],
  add: Plugin<Config>["add"],
  ask: (ipam: Request<Config>["ipam"], verb: "check" | "del" | "gc" | "status") => void = () => {},
): Plugin<Config> {
  return {
    parseConfig,
    add,
    check: ({ ipam }) => ask(ipam, "check"),
    del: ({ ipam }) => ask(ipam, "del"),
    status: ({ ipam }) => ask(ipam, "status"),
    gc: ({ ipam, isValid }) => {
      isValid("a", "eth0");
      ask(ipam, "gc");
    },
    profile: () => ({ kind: "interface", shape: { kind: "any" } }),
  };
}

const bridge = pure<BridgeConfig>(
  parseBridgeConfig,
  ({ config, ipam }) => {
    const lease = planGateways(parseLease(ipam.add()), config);
    gatewayAddresses(lease);
    return { interfaces: [{ name: "eth0" }], ...describeLease(lease, 0) };
  },
  (ipam, verb) => ipam[verb](),
);

const portmap = pure<PortmapConfig>(parsePortmapConfig, ({ prevResult }) => prevResult ?? {});

const hostLocal = pure<unknown>(parseHostLocalConfig, () => ({ ips: [], routes: [] }));

const loopback = pure<unknown>(
  ({ document }) => parseAttachments(document),
  ({ prevResult }: AddRequest<unknown>) => prevResult ?? { interfaces: [{ name: "lo" }] },
);

function entry<Config>(name: string, plugin: Plugin<Config>): PluginEntry {
  return { name, versions: specVersions, load: () => plugin as Plugin<unknown> };
}

export const purePlugins: readonly PluginEntry[] = [
  entry("bridge", bridge),
  entry("portmap", portmap),
  entry("host-local", hostLocal),
  entry("loopback", loopback),
];
