import { wellKnownKeys } from "../../cni/config-keys.ts";
import type { Shape } from "../../cni/config-shape.ts";
import { findNearMiss } from "../../cni/near-miss.ts";
import type { PluginSource } from "./network-source.ts";
import type { Report } from "./problem.ts";
import type { SourceMember, SourceNode } from "./source-node.ts";

/** What only the runtime writes, and overwrites. */
const reserved = ["runtimeConfig", "prevResult"];

/**
 * Rules for the keys of a plugin's configuration. Plugins pass over what they do not know, since it
 * may be for somebody else: here, all who could be meant are known.
 */
export function checkKeys({ node, known, ipam }: PluginSource, report: Report): void {
  for (const { key, position } of node.members) {
    if (!reserved.includes(key) && !key.startsWith("cni.dev/")) continue;
    report.warning(position, `"${key}" is written by the runtime: here it has no effect`);
  }
  if (known === undefined || (ipam !== undefined && ipam.known === undefined)) return;
  const shapes = [
    known.profile.shape,
    ...(ipam?.known === undefined ? [] : [ipam.known.profile.shape]),
  ];
  checkMembers(node, shapes, report, "");
}

/** @param path of the node: "" for the document, or such as "ipam.ranges[0][0]." */
function checkMembers(
  node: SourceNode,
  shapes: readonly Shape[],
  report: Report,
  path: string,
): void {
  const members = shapes.flatMap((shape) => (shape.kind === "object" ? [shape.members] : []));
  if (members.length > 0) {
    const known = members.flatMap(Object.keys);
    for (const member of node.members) checkMember(member, known, report, path);
  }
  for (const { key, node: child } of node.members) {
    if (path === "" && isForOthers(key)) continue;
    const deeper = members.flatMap((each) => findShape(each, key) ?? []);
    checkValue(child, deeper, report, `${path}${key}`);
  }
}

/** @param path of the node, such as "ipam.ranges[0]" */
function checkValue(
  node: SourceNode,
  shapes: readonly Shape[],
  report: Report,
  path: string,
): void {
  if (shapes.length === 0) return;
  const elements = shapes.flatMap((shape) => (shape.kind === "list" ? [shape.element] : []));
  for (const [index, element] of node.elements.entries()) {
    checkValue(element, elements, report, `${path}[${index}]`);
  }
  checkMembers(node, shapes, report, `${path}.`);
}

function checkMember(
  { key, position }: SourceMember,
  known: readonly string[],
  report: Report,
  path: string,
): void {
  const candidates = path === "" ? [...known, ...wellKnownKeys] : known;
  if (candidates.includes(key) || isComment(key) || (path === "" && isForOthers(key))) return;
  const spelling = candidates.find((each) => each.toLowerCase() === key.toLowerCase());
  if (spelling !== undefined) {
    report.warning(position, `"${key}" is read as "${spelling}": better spell it so`);
    return;
  }
  const meant = findNearMiss(key, candidates);
  const hint = meant === undefined ? "it has no effect" : `did you mean "${path}${meant}"?`;
  report.warning(position, `unknown key "${path}${key}": ${hint}`);
}

/** What people write where JSON has no comments. */
function isComment(key: string): boolean {
  return /^(_|\/\/|#|\$schema$)/.test(key);
}

/** Metadata that plugins may or may not look at, and what the runtime writes. */
function isForOthers(key: string): boolean {
  return key === "args" || reserved.includes(key) || key.startsWith("cni.dev/");
}

function findShape(members: Readonly<Record<string, Shape>>, key: string): Shape | undefined {
  const name = Object.keys(members).find((each) => each.toLowerCase() === key.toLowerCase());
  return name === undefined ? undefined : members[name];
}
