import { isAtLeast, parseVersion } from "../../cni/version.ts";
import { introductionOf } from "./document-rules.ts";
import type { NetworkSource, PluginSource } from "./network-source.ts";
import { typeNodeOf } from "./network-source.ts";
import type { Report } from "./problem.ts";
import { findMemberNode } from "./source-node.ts";

/** Members of a route that came with version 1.1.0 of the specification. */
const routeKeys = ["mtu", "advmss", "priority", "table", "scope"];

/** Rules for what a network's version cannot do. */
export function checkVersionNeeds(network: NetworkSource, report: Report): void {
  const version = network.cniVersion === "" ? "0.1.0" : network.cniVersion;
  if (parseVersion(version) === undefined) return;
  checkKeys(network, version, report);
  if (network.plugins.length > 1 && !isAtLeast(version, "0.3.0")) {
    const [, second] = network.plugins;
    const message = `several plugins need version 0.3.0, this network has ${version}`;
    if (second !== undefined) report.error(typeNodeOf(second), message);
  }
  for (const plugin of network.plugins) checkPlugin(plugin, version, report);
}

function checkKeys({ root, isList }: NetworkSource, version: string, report: Report): void {
  if (!isList && isAtLeast(version, "1.0.0")) {
    report.warning(root, "version 1.0.0 has done away with files of a single plugin");
  }
  for (const { key, position } of isList ? root.members : []) {
    const introduction = introductionOf(key);
    if (introduction === undefined || key === "plugins" || key === "cniVersions") continue;
    if (isAtLeast(version, introduction)) continue;
    report.warning(
      position,
      `"${key}" came with version ${introduction}, this network has ${version}`,
    );
  }
}

function checkPlugin(plugin: PluginSource, version: string, report: Report): void {
  if (plugin.ipam === undefined && makesInterface(plugin) && !isAtLeast(version, "0.3.0")) {
    report.error(
      typeNodeOf(plugin),
      `without "ipam" there are no addresses, which a result of version ${version} must have`,
    );
  }
  const routes = findMemberNode(plugin.ipam?.node, "routes")?.elements ?? [];
  for (const { key, position } of routes.flatMap(({ members }) => members)) {
    if (!routeKeys.includes(key) || isAtLeast(version, "1.1.0")) continue;
    report.warning(
      position,
      `"${key}" of a route came with version 1.1.0, this network has ${version}`,
    );
  }
}

function makesInterface({ known, type }: PluginSource): boolean {
  return known?.profile.kind === "interface" && type !== "loopback";
}
