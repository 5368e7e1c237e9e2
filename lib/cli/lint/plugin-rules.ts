import { findConfigProblems } from "../../cni/config.ts";
import { expectPluginName } from "../../cni/delegate.ts";
import type { CniError } from "../../cni/error.ts";
import type { JsonObject } from "../../cni/json.ts";
import { findNearMiss } from "../../cni/near-miss.ts";
import { isSpecVersion, oldestVersion } from "../../cni/version.ts";
import { reportThrown } from "./document-rules.ts";
import { checkKeys } from "./key-rules.ts";
import type { KnownPlugin, NetworkSource, PluginSource } from "./network-source.ts";
import { typeNodeOf } from "./network-source.ts";
import type { ProblemList } from "./problem.ts";
import { checkRanges } from "./range-rules.ts";
import { findMemberNode, nearestNode, objectOf, type SourceNode, textOf } from "./source-node.ts";

/** Rules for each plugin by itself. */
export function checkPlugin(
  network: NetworkSource,
  plugin: PluginSource,
  report: ProblemList,
): void {
  const before = report.errorCount;
  checkType(plugin, report);
  checkKeys(plugin, report);
  checkCapabilities(plugin, report);
  const knowns = [
    // An IPAM plugin in the chain is out of place, whatever its configuration is.
    ...(plugin.known?.profile.kind === "ipam" ? [] : [plugin.known]),
    plugin.ipam?.known,
  ].filter((known) => known !== undefined);
  for (const known of knowns) checkValues(plugin, known, report);
  checkRanges(plugin, report);
  // What depends on several values is told only when each by itself is right.
  if (report.errorCount > before) return;
  for (const known of knowns) checkMeaning(network, plugin, known, report);
}

function checkType(plugin: PluginSource, report: ProblemList): void {
  const node = findMemberNode(plugin.node, "type");
  if (node === undefined) report.error(plugin.node, 'a plugin needs a "type"');
  else if (textOf(node) === undefined) report.error(node, '"type" must be a string');
  else reportThrown(report, node, () => expectPluginName(plugin.type));
}

function checkCapabilities({ node, type, known, ipam }: PluginSource, report: ProblemList): void {
  const capabilities = findMemberNode(node, "capabilities");
  for (const { key, node: value } of capabilities?.members ?? []) {
    if (typeof value.value !== "boolean") {
      report.error(value, `"capabilities.${key}" must be true or false`);
    }
  }
  const needs = known?.profile.needs;
  if (needs !== undefined && objectOf(capabilities)[needs] !== true) {
    report.error(
      capabilities ?? typeNodeOf({ node }),
      `${type} does nothing without "capabilities": {"${needs}": true}`,
    );
  }
  if (known === undefined || (ipam !== undefined && ipam.known === undefined)) return;
  const offered = [known, ipam?.known].flatMap((each) => capabilitiesOf(each));
  for (const { key, position } of capabilities?.members ?? []) {
    if (offered.includes(key)) continue;
    const who = ipam === undefined ? type : `${type} or ${ipam.type}`;
    const meant = findNearMiss(key, offered);
    const hint = meant === undefined ? "it has no effect" : `did you mean "${meant}"?`;
    report.warning(position, `"${key}" is no capability of ${who}: ${hint}`);
  }
}

/** The members of `runtimeConfig` that a plugin reads. */
function capabilitiesOf(known: KnownPlugin | undefined): string[] {
  const shape = known?.profile.shape;
  const runtimeConfig = shape?.kind === "object" ? shape.members["runtimeConfig"] : undefined;
  return runtimeConfig?.kind === "object" ? Object.keys(runtimeConfig.members) : [];
}

function checkValues({ node }: PluginSource, known: KnownPlugin, report: ProblemList): void {
  for (const { path, text } of findConfigProblems(known.profile.shape, objectOf(node))) {
    report.error(nearestNode(node, path), text);
  }
}

/** Lets the plugin itself decide: what it refuses here, it would refuse in ADD. */
function checkMeaning(
  { name, cniVersion }: NetworkSource,
  { node }: PluginSource,
  { plugin }: KnownPlugin,
  report: ProblemList,
): void {
  const version = isSpecVersion(cniVersion) ? cniVersion : oldestVersion;
  const document: JsonObject = { ...objectOf(node), name, cniVersion: version };
  try {
    plugin.parseConfig({ verb: "ADD", document, network: name, cniVersion: version, args: "" });
  } catch (error) {
    if (!isCniError(error)) throw error;
    report.error(placeOf(error, node), error.msg);
  }
}

/** The plugin's own class of that name: the tool is built with a copy, to keep out of its way. */
function isCniError(error: unknown): error is Pick<CniError, "msg"> {
  return error instanceof Error && error.name === "CniError" && "msg" in error;
}

/** Plugins name keys in double quotes: the first that is in the document is where to look. */
function placeOf({ msg }: Pick<CniError, "msg">, node: SourceNode): SourceNode {
  const words = [...msg.matchAll(/"([^"]+)"/g)].map(([, word = ""]) => word);
  const places = words.map((word) => nearestNode(node, word));
  return places.find((place) => place !== node) ?? typeNodeOf({ node });
}
