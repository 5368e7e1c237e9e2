import { overlap } from "./address-block.ts";
import type { NetworkSource } from "./network-source.ts";
import type { Report } from "./problem.ts";
import { listRanges } from "./range-rules.ts";
import { findMemberNode } from "./source-node.ts";

/** Rules for networks that stand in different files: a runtime may use all of them on one node. */
export function checkFiles(networks: readonly NetworkSource[], report: Report): void {
  for (const [index, network] of networks.entries()) {
    for (const earlier of networks.slice(0, index)) {
      checkNames(network, earlier, report);
      checkSubnets(network, earlier, report);
    }
  }
}

function checkNames({ name, root }: NetworkSource, earlier: NetworkSource, report: Report): void {
  if (name === "" || name !== earlier.name) return;
  report.warning(
    findMemberNode(root, "name") ?? root,
    `${earlier.file} describes a network "${name}" too: the first file counts`,
  );
}

/** Two networks may have one subnet on purpose, when they have one pool of leases: the same name. */
function checkSubnets(network: NetworkSource, earlier: NetworkSource, report: Report): void {
  if (network.name === earlier.name) return;
  const others = earlier.plugins.flatMap(listRanges);
  for (const { node, subnet, block } of network.plugins.flatMap(listRanges)) {
    const other = others.find((each) => overlap(each.block, block));
    if (other === undefined) continue;
    const { file, line } = other.node.position;
    report.warning(
      node,
      `${subnet.canonical} overlaps with ${other.subnet.canonical} of network "${earlier.name}" (${file}:${line})`,
    );
  }
}
