import { hasLegacyChain, hasLegacyTable } from "../../kernel/legacy-iptables.ts";
import type { Netns } from "../../kernel/netns.ts";
import type { Nftables } from "../../kernel/nftables.ts";
import type { TableName } from "./change.ts";
import { hasIptables, type Variant } from "./programs.ts";

/** A chain of iptables: of which family, in which table. */
export interface ChainPlace {
  readonly family: 4 | 6;
  readonly table: TableName;
  readonly chain: string;
}

/** Which of the two kinds of iptables have a table, and a program to read it with. */
export function findTables(
  host: Netns,
  nft: Nftables | undefined,
  { family, table }: Omit<ChainPlace, "chain">,
): Variant[] {
  if (!hasIptables()) return [];
  const nftTable = { family: family === 4 ? "ip" : "ip6", name: table } as const;
  const variants: Variant[] = [];
  if (nft?.hasTable(nftTable) === true) variants.push("nft");
  if (hasLegacyTable(host.file, family, table)) variants.push("legacy");
  return variants;
}

/**
 * Which of the two kinds of iptables have a chain: asked of the kernel, since DEL must know it for
 * every container, and programs take their time to start.
 *
 * @param nft undefined where the kernel has no nf_tables
 */
export function findVariants(
  host: Netns,
  nft: Nftables | undefined,
  { family, table, chain }: ChainPlace,
): Variant[] {
  const nftTable = { family: family === 4 ? "ip" : "ip6", name: table } as const;
  const variants: Variant[] = [];
  if (nft?.hasChain({ table: nftTable, name: chain }) === true) variants.push("nft");
  if (hasLegacyChain(host.file, family, table, chain)) variants.push("legacy");
  return variants;
}
