import { type NetlinkMessage, type NetlinkRequest, NLM_F_CREATE, NLM_F_EXCL } from "../message.ts";
import { bytes, text } from "./attributes.ts";
import { decodeMessage, encodeRequest, type Family, NFNL_SUBSYS_NFTABLES } from "./message.ts";
import { decodeComment, encodeComment } from "./userdata.ts";

/** Tables: what `nft add table` and `nft delete table` do. */

const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_GETTABLE = 1;
const NFT_MSG_DELTABLE = 2;
const NFTA_TABLE_NAME = 1;
const NFTA_TABLE_USE = 3;
const NFTA_TABLE_USERDATA = 6; // Linux 5.10; older ones pass over it

export interface Table {
  readonly family: Family;
  readonly name: string;
}

/** A table as the kernel shows it. */
export interface KernelTable {
  /** How many chains, sets and the like it has. */
  readonly use: number;
  readonly comment: string | undefined;
}

/** Whether making something that is there already is fine ("ensure") or an error ("create"). */
export type Existence = "create" | "ensure";

/** @returns the flags of a message that makes something */
export function creationFlags(existence: Existence): number {
  return existence === "create" ? NLM_F_CREATE | NLM_F_EXCL : NLM_F_CREATE;
}

export function describeTable({ family, name }: Table): string {
  return `table ${family} ${name}`;
}

export function encodeAddTable(
  table: Table,
  options: { readonly existence: Existence; readonly comment?: string },
): NetlinkRequest {
  const { existence, comment } = options;
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type: NFT_MSG_NEWTABLE,
    flags: creationFlags(existence),
    family: table.family,
    attributes: [
      text(NFTA_TABLE_NAME, table.name),
      comment === undefined ? undefined : bytes(NFTA_TABLE_USERDATA, encodeComment(comment)),
    ],
    label: `${existence} ${describeTable(table)}`,
  });
}

/** The table goes with all that is in it. */
export function encodeDeleteTable(table: Table): NetlinkRequest {
  return encodeTableRequest(NFT_MSG_DELTABLE, "delete", table);
}

export function encodeGetTable(table: Table): NetlinkRequest {
  return encodeTableRequest(NFT_MSG_GETTABLE, "get", table);
}

function encodeTableRequest(type: number, verb: string, table: Table): NetlinkRequest {
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type,
    family: table.family,
    attributes: [text(NFTA_TABLE_NAME, table.name)],
    label: `${verb} ${describeTable(table)}`,
  });
}

/** @returns undefined for a message of another type */
export function decodeTable(message: NetlinkMessage): KernelTable | undefined {
  const table = decodeMessage(message, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWTABLE);
  if (table === undefined) return undefined;
  return {
    use: table.be32(NFTA_TABLE_USE) ?? 0,
    comment: decodeComment(table.bytes(NFTA_TABLE_USERDATA)),
  };
}
