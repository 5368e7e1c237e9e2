import { readdirSync } from "node:fs";
import { execa } from "execa";
import { findDelegate } from "../../cni/delegate.ts";
import { CniError } from "../../cni/error.ts";
import { isJsonObject, type JsonValue } from "../../cni/json.ts";
import { findNearMiss } from "../../cni/near-miss.ts";
import type { NetworkSource, PluginSource } from "./network-source.ts";
import { typeNodeOf } from "./network-source.ts";
import type { Report } from "./problem.ts";
import { findMemberNode, type SourceNode } from "./source-node.ts";

/** Rules for what is installed: that each plugin is there, and speaks the network's version. */
export async function checkInstalled(
  network: NetworkSource,
  path: readonly string[],
  report: Report,
): Promise<void> {
  for (const { type, node } of network.plugins.flatMap(namesIn)) {
    const file = findPlugin(type, node, path, report);
    if (file !== undefined) await checkSpoken(network, type, file, report);
  }
}

function namesIn(plugin: PluginSource) {
  const own = { type: plugin.type, node: typeNodeOf(plugin) };
  return plugin.ipam === undefined
    ? [own]
    : [own, { type: plugin.ipam.type, node: typeNodeOf(plugin.ipam) }];
}

function findPlugin(
  type: string,
  node: SourceNode,
  path: readonly string[],
  report: Report,
): string | undefined {
  try {
    return findDelegate(type, path);
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    // What cannot be a name at all is told by another rule.
    if (type === "" || type.includes("/")) return undefined;
    const meant = findNearMiss(type, path.flatMap(listNames));
    report.error(node, meant === undefined ? error.msg : `${error.msg}: did you mean "${meant}"?`);
    return undefined;
  }
}

function listNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // that it is not there is why nothing is found
  }
}

async function checkSpoken(
  { cniVersion, root }: NetworkSource,
  type: string,
  file: string,
  report: Report,
): Promise<void> {
  const spoken = await listVersions(file);
  const wanted = cniVersion === "" ? "0.1.0" : cniVersion;
  if (spoken === undefined) {
    report.warning(root, `${file} does not say which versions it speaks`);
  } else if (!spoken.includes(wanted)) {
    const place = findMemberNode(root, "cniVersion") ?? root;
    report.error(place, `${type} (${file}) speaks ${spoken.join(", ")}, not ${wanted}`);
  }
}

/** Asks as libcni does: old plugins want all variables to be there. */
async function listVersions(file: string): Promise<string[] | undefined> {
  const { exitCode, stdout } = await execa(file, [], {
    env: { CNI_COMMAND: "VERSION", CNI_NETNS: "dummy", CNI_IFNAME: "dummy", CNI_PATH: "dummy" },
    input: '{"cniVersion":"1.1.0"}',
    reject: false,
    timeout: 10_000,
  });
  return exitCode === 0 ? parseVersions(stdout) : undefined;
}

function parseVersions(stdout: string): string[] | undefined {
  try {
    const reply: JsonValue = JSON.parse(stdout);
    const list = isJsonObject(reply) ? reply["supportedVersions"] : undefined;
    return Array.isArray(list) ? list.map(String) : undefined;
  } catch {
    return undefined;
  }
}
