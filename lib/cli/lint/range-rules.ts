import {
  type AddressBlock,
  contains,
  overlap,
  parseSingle,
  parseSubnet,
  type Subnet,
} from "./address-block.ts";
import type { PluginSource } from "./network-source.ts";
import type { Report } from "./problem.ts";
import { findMemberNode, type SourceNode, textOf } from "./source-node.ts";

/** Addresses that host-local gives out, and where they are written. */
export interface RangeSource {
  /** The subnet's text. */
  readonly node: SourceNode;
  readonly subnet: Subnet;
  /** From `rangeStart` to `rangeEnd`. */
  readonly block: AddressBlock;
}

/** Rules for the ranges of a network that host-local gives addresses from. */
export function checkRanges(plugin: PluginSource, report: Report): void {
  if (plugin.ipam?.type !== "host-local") return;
  const sets = rangeNodesOf(plugin.ipam.node).map((nodes) =>
    nodes.flatMap((node) => checkRange(node, report) ?? []),
  );
  for (const set of sets) checkFamilies(set, report);
  checkOverlaps(sets.flat(), report);
  checkRoutes(plugin.ipam.node, sets.flat(), report);
}

/** @returns the ranges that can be understood, without a word about the others */
export function listRanges(plugin: PluginSource): RangeSource[] {
  if (plugin.ipam?.type !== "host-local") return [];
  const silent: Report = { error: () => undefined, warning: () => undefined };
  return rangeNodesOf(plugin.ipam.node)
    .flat()
    .flatMap((node) => checkRange(node, silent) ?? []);
}

/** @returns per set its ranges; before there were sets, the members stood in `ipam` itself */
function rangeNodesOf(ipam: SourceNode): (readonly SourceNode[])[] {
  const sets = findMemberNode(ipam, "ranges")?.elements ?? [];
  const legacy = findMemberNode(ipam, "subnet") === undefined ? [] : [[ipam]];
  return [...legacy, ...sets.map(({ elements }) => elements)];
}

function checkRange(range: SourceNode, report: Report): RangeSource | undefined {
  const node = findMemberNode(range, "subnet");
  const text = textOf(node);
  if (node === undefined || text === undefined) {
    if (node === undefined) report.error(range, 'a range needs a "subnet"');
    return undefined;
  }
  const subnet = parseSubnet(text);
  if (subnet === undefined) {
    report.error(node, `"${text}" is no subnet such as "10.1.2.0/24"`);
    return undefined;
  }
  checkSubnet(node, subnet, report);
  const inside = (key: string) => checkInside(findMemberNode(range, key), key, subnet, report);
  inside("gateway");
  const [start, end] = [inside("rangeStart"), inside("rangeEnd")];
  const block = {
    family: subnet.family,
    first: start?.first ?? subnet.first + 1n,
    last: end?.last ?? subnet.last - (subnet.family === 4 ? 1n : 0n),
  };
  const isEmpty = block.first > block.last && subnet.first + 1n < subnet.last;
  if (isEmpty) report.error(node, `no address is left between start and end`);
  return { node, subnet, block };
}

function checkSubnet(node: SourceNode, subnet: Subnet, report: Report): void {
  const smallest = subnet.family === 4 ? 30 : 126;
  if (subnet.hasHostBits) {
    report.error(node, `a subnet has no host bits: this one is ${subnet.canonical}`);
  }
  if (subnet.prefixLength > smallest) {
    report.error(
      node,
      `/${subnet.prefixLength} is too small to give addresses from: /${smallest} is the smallest`,
    );
  }
}

function checkInside(
  node: SourceNode | undefined,
  key: string,
  subnet: Subnet,
  report: Report,
): AddressBlock | undefined {
  const text = textOf(node);
  if (node === undefined || text === undefined || text === "") return undefined;
  const address = parseSingle(text);
  if (address === undefined) report.error(node, `"${key}": "${text}" is no IP address`);
  else if (!contains(subnet, address)) {
    report.error(node, `"${key}" ${text} is outside of its subnet ${subnet.canonical}`);
  }
  return address;
}

function checkFamilies(set: readonly RangeSource[], report: Report): void {
  const [first, ...others] = set;
  for (const { node, subnet } of others) {
    if (subnet.family === first?.subnet.family) continue;
    report.error(
      node,
      "IPv4 and IPv6 in one set: a container gets one address out of each set, so give each a set of its own",
    );
  }
}

function checkOverlaps(ranges: readonly RangeSource[], report: Report): void {
  for (const [index, { node, subnet, block }] of ranges.entries()) {
    const earlier = ranges.slice(0, index).find((other) => overlap(other.block, block));
    if (earlier === undefined) continue;
    const { line } = earlier.node.position;
    report.error(
      node,
      `the range of ${subnet.canonical} overlaps with that of ${earlier.subnet.canonical} in line ${line}`,
    );
  }
}

/** The kernel refuses a route whose gateway it cannot reach. */
function checkRoutes(ipam: SourceNode, ranges: readonly RangeSource[], report: Report): void {
  for (const route of findMemberNode(ipam, "routes")?.elements ?? []) {
    const node = findMemberNode(route, "gw");
    const gateway = parseSingle(textOf(node) ?? "");
    if (node === undefined || gateway === undefined || ranges.length === 0) continue;
    if (ranges.some(({ subnet }) => contains(subnet, gateway))) continue;
    report.warning(
      node,
      `the gateway ${textOf(node)} is in none of the subnets: it cannot be reached`,
    );
  }
}
