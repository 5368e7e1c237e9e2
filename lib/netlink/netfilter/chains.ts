import type { NetlinkMessage, NetlinkRequest } from "../message.ts";
import { be32, bytes, nested, text } from "./attributes.ts";
import { decodeMessage, encodeRequest, type Family, NFNL_SUBSYS_NFTABLES } from "./message.ts";
import { creationFlags, type Existence, type Table } from "./tables.ts";
import { decodeComment, encodeComment } from "./userdata.ts";

/** Chains: what `nft add chain` and `nft delete chain` do. */

const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_GETCHAIN = 4;
const NFT_MSG_DELCHAIN = 5;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_POLICY = 5;
const NFTA_CHAIN_USE = 6;
const NFTA_CHAIN_TYPE = 7;
const NFTA_CHAIN_USERDATA = 12; // Linux 5.10; older ones pass over it
const NFTA_HOOK_HOOKNUM = 1;
const NFTA_HOOK_PRIORITY = 2;
const NF_ACCEPT = 1;

/** Where packets are when a base chain sees them; numbers of the families inet, ip and ip6. */
const hooks = { prerouting: 0, output: 3, postrouting: 4 } as const;

export interface Hook {
  readonly type: "filter" | "nat";
  readonly hook: keyof typeof hooks;
  /** Lower ones see a packet earlier. */
  readonly priority: number;
}

/** A chain; with a hook, a base chain whose policy is to accept. */
export interface Chain {
  readonly table: Table;
  readonly name: string;
  readonly hook?: Hook;
  readonly comment?: string;
}

export function describeChain({ table, name }: Pick<Chain, "table" | "name">): string {
  return `chain ${table.family} ${table.name} ${name}`;
}

export function encodeAddChain(chain: Chain, existence: Existence): NetlinkRequest {
  const { table, name, hook, comment } = chain;
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type: NFT_MSG_NEWCHAIN,
    flags: creationFlags(existence),
    family: table.family,
    attributes: [
      text(NFTA_CHAIN_TABLE, table.name),
      text(NFTA_CHAIN_NAME, name),
      ...(hook === undefined ? [] : encodeHook(hook)),
      comment === undefined ? undefined : bytes(NFTA_CHAIN_USERDATA, encodeComment(comment)),
    ],
    label: `${existence} ${describeChain(chain)}`,
  });
}

function encodeHook({ type, hook, priority }: Hook) {
  return [
    text(NFTA_CHAIN_TYPE, type),
    be32(NFTA_CHAIN_POLICY, NF_ACCEPT),
    nested(
      NFTA_CHAIN_HOOK,
      be32(NFTA_HOOK_HOOKNUM, hooks[hook]),
      be32(NFTA_HOOK_PRIORITY, priority),
    ),
  ];
}

/** A chain as the kernel shows it. */
export interface KernelChain {
  readonly name: string;
  /** How many rules it has, and how many rules and elements lead to it, together. */
  readonly use: number;
  readonly comment: string | undefined;
}

/** Asks for the chains of all tables of a family; to be sent as a dump. */
export function encodeListChains(family: Family): NetlinkRequest {
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type: NFT_MSG_GETCHAIN,
    family,
    attributes: [],
    label: `list the chains of family ${family}`,
  });
}

/** @returns undefined for a message of another type, and for a chain of another table */
export function decodeChain(message: NetlinkMessage, table: Table): KernelChain | undefined {
  const chain = decodeMessage(message, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWCHAIN);
  const name = chain?.text(NFTA_CHAIN_NAME);
  if (name === undefined || chain?.text(NFTA_CHAIN_TABLE) !== table.name) return undefined;
  return {
    name,
    use: chain.be32(NFTA_CHAIN_USE) ?? 0,
    comment: decodeComment(chain.bytes(NFTA_CHAIN_USERDATA)),
  };
}

/** The chain goes with its rules. EBUSY while another chain, or a map, leads to it. */
export function encodeDeleteChain(chain: Chain): NetlinkRequest {
  return encodeChainRequest(NFT_MSG_DELCHAIN, "delete", chain);
}

export function encodeGetChain(chain: Chain): NetlinkRequest {
  return encodeChainRequest(NFT_MSG_GETCHAIN, "get", chain);
}

function encodeChainRequest(type: number, verb: string, { table, name }: Chain): NetlinkRequest {
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type,
    family: table.family,
    attributes: [text(NFTA_CHAIN_TABLE, table.name), text(NFTA_CHAIN_NAME, name)],
    label: `${verb} ${describeChain({ table, name })}`,
  });
}
