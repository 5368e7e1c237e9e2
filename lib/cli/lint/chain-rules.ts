import type { NetworkSource, PluginSource } from "./network-source.ts";
import { typeNodeOf } from "./network-source.ts";
import type { Report } from "./problem.ts";

type Kind = "interface" | "chained" | "ipam";

/** Plugins of the reference suite; those of this executable say themselves what they are. */
const referenceKinds: { readonly [name: string]: Kind } = {
  bandwidth: "chained",
  bridge: "interface",
  dhcp: "ipam",
  dummy: "interface",
  firewall: "chained",
  "host-device": "interface",
  "host-local": "ipam",
  ipvlan: "interface",
  loopback: "interface",
  macvlan: "interface",
  portmap: "chained",
  ptp: "interface",
  sbr: "chained",
  static: "ipam",
  tap: "interface",
  tuning: "chained",
  vlan: "interface",
  vrf: "chained",
};

/** Rules for the order of plugins: each one gets what those before it have made. */
export function checkChain({ plugins }: NetworkSource, report: Report): void {
  let maker: PluginSource | undefined;
  // A plugin that is not known may well make the interface.
  let mayHaveInterface = false;
  for (const plugin of plugins) {
    const kind = kindOf(plugin.type, plugin.known?.profile.kind);
    const place = typeNodeOf(plugin);
    if (kind === "ipam") {
      report.error(
        place,
        `${plugin.type} grants addresses to other plugins: it belongs into their "ipam"`,
      );
    } else if (kind === "chained" && !mayHaveInterface) {
      report.error(
        place,
        `${plugin.type} works on the interface of a plugin before it: there is none`,
      );
    } else if (kind === "interface" && maker !== undefined) {
      report.error(
        place,
        `${plugin.type} makes the container's interface, which ${maker.type} has made already`,
      );
    }
    if (kind === "interface") maker ??= plugin;
    mayHaveInterface ||= kind !== "chained" && kind !== "ipam";
    checkIpamKind(plugin, report);
  }
}

function checkIpamKind({ ipam }: PluginSource, report: Report): void {
  if (ipam === undefined) return;
  const kind = kindOf(ipam.type, ipam.known?.profile.kind);
  if (kind === undefined || kind === "ipam") return;
  report.error(typeNodeOf(ipam), `${ipam.type} is no IPAM plugin`);
}

function kindOf(type: string, own: Kind | undefined): Kind | undefined {
  if (own !== undefined) return own;
  return Object.hasOwn(referenceKinds, type) ? referenceKinds[type] : undefined;
}
