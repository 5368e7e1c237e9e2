import { expectNetworkName } from "../../cni/identifiers.ts";
import { findNearMiss } from "../../cni/near-miss.ts";
import { parseVersion, specVersions } from "../../cni/version.ts";
import { isBesideNetwork } from "./network-file.ts";
import type { NetworkSource } from "./network-source.ts";
import type { Report } from "./problem.ts";
import { findMemberNode, type SourceNode, textOf } from "./source-node.ts";

/** What libcni knows of a conflist, with the version of the specification that brought it. */
const listKeys: { readonly [key: string]: string } = {
  $schema: "0.1.0",
  cniVersion: "0.1.0",
  cniVersions: "1.1.0",
  name: "0.1.0",
  disableCheck: "0.4.0",
  disableGC: "1.1.0",
  loadOnlyInlinedPlugins: "1.1.0",
  plugins: "0.3.0",
};

/** @returns the version that brought a key of a conflist */
export function introductionOf(key: string): string | undefined {
  return listKeys[key];
}

/** Rules for the document itself: what libcni refuses, and what it silently passes over. */
export function checkDocument(network: NetworkSource, report: Report): void {
  const { root, isList } = network;
  checkDuplicates(root, report);
  checkName(network, report);
  checkVersions(network, report);
  if (!isList) return;
  checkListKeys(root, report);
  checkFlags(root, report);
  checkPlugins(network, report);
}

/** JSON has no rule for them: the last one counts, which is rarely the one that was looked at. */
function checkDuplicates(node: SourceNode, report: Report): void {
  for (const [index, { key, position }] of node.members.entries()) {
    const first = node.members.slice(0, index).find((other) => other.key === key);
    if (first === undefined) continue;
    report.error(position, `"${key}" is given twice: line ${first.position.line} does not count`);
  }
  for (const member of node.members) checkDuplicates(member.node, report);
  for (const element of node.elements) checkDuplicates(element, report);
}

function checkName({ root, file, isList }: NetworkSource, report: Report): void {
  const node = findMemberNode(root, "name");
  if (node === undefined) {
    if (isList || !isBesideNetwork(file)) report.error(root, 'a network needs a "name"');
  } else if (textOf(node) === undefined) {
    report.error(node, `"name" must be a string, not ${JSON.stringify(node.value)}`);
  } else {
    reportThrown(report, node, () => expectNetworkName(textOf(node) ?? ""));
  }
}

function checkVersions({ root, isList }: NetworkSource, report: Report): void {
  const node = findMemberNode(root, "cniVersion");
  const list = findMemberNode(root, "cniVersions");
  if (node === undefined && list === undefined) {
    report.warning(root, 'without "cniVersion" this is a network of version 0.1.0');
  }
  const newest = specVersions.at(-1) ?? "";
  if (node !== undefined) checkVersion(node, report);
  if (list === undefined || !isList) return;
  if (!Array.isArray(list.value)) report.error(list, '"cniVersions" must be a list of versions');
  for (const element of list.elements) {
    const version = textOf(element);
    if (version === undefined || parseVersion(version) === undefined) {
      report.error(element, `${JSON.stringify(element.value)} is no version such as "${newest}"`);
    }
  }
}

/** Plugins compare versions as text: "1.0" is not "1.0.0". */
function checkVersion(node: SourceNode, report: Report): void {
  const version = textOf(node);
  if (specVersions.some((known) => known === version)) return;
  report.error(
    node,
    `${JSON.stringify(node.value)} is no version of the specification: known are ${specVersions.join(", ")}`,
  );
}

/** At this level keys have to be spelled exactly so, and what is not known has no effect. */
function checkListKeys(root: SourceNode, report: Report): void {
  for (const { key, position } of root.members) {
    if (Object.hasOwn(listKeys, key)) continue;
    const meant = findNearMiss(key, Object.keys(listKeys));
    const isCase = meant?.toLowerCase() === key.toLowerCase();
    const hint = meant === undefined ? "it has no effect" : `did you mean "${meant}"?`;
    if (isCase) report.error(position, `"${key}" must be spelled "${meant}" here`);
    else report.warning(position, `unknown key "${key}" of a network: ${hint}`);
  }
}

function checkFlags(root: SourceNode, report: Report): void {
  for (const key of ["disableCheck", "disableGC", "loadOnlyInlinedPlugins"]) {
    const node = root.members.findLast((member) => member.key === key)?.node;
    if (node === undefined || typeof node.value === "boolean") continue;
    if (/^(true|false)$/i.test(textOf(node) ?? "")) continue;
    report.error(node, `"${key}" must be true or false, not ${JSON.stringify(node.value)}`);
  }
}

function checkPlugins({ root, plugins }: NetworkSource, report: Report): void {
  const node = findMemberNode(root, "plugins");
  const isClosed = findMemberNode(root, "loadOnlyInlinedPlugins")?.value === true;
  if (node === undefined) {
    if (isClosed) report.error(root, '"loadOnlyInlinedPlugins" without "plugins": there are none');
    else if (plugins.length === 0) report.error(root, 'a network needs "plugins"');
  } else if (!Array.isArray(node.value)) {
    report.error(node, '"plugins" must be a list of objects');
  } else if (node.elements.length === 0) {
    report.error(node, "no plugins in list");
  }
}

/** Reports what a function of the protocol refuses, in its words. */
export function reportThrown(report: Report, node: SourceNode, check: () => void): void {
  try {
    check();
  } catch (error) {
    report.error(node, error instanceof Error ? error.message : String(error));
  }
}
