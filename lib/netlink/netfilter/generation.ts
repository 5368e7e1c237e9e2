import type { NetlinkMessage, NetlinkRequest } from "../message.ts";
import { decodeMessage, encodeRequest, NFNL_SUBSYS_NFTABLES } from "./message.ts";

/**
 * The ruleset of a namespace has a generation, a number that each transaction of anybody raises by
 * one. Who read something, and changes what follows from it, names the generation it read; see
 * `encodeTransaction`.
 */

const NFT_MSG_NEWGEN = 15;
const NFT_MSG_GETGEN = 16;
const NFTA_GEN_ID = 1;

export function encodeGetGeneration(): NetlinkRequest {
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type: NFT_MSG_GETGEN,
    family: "unspecified",
    attributes: [],
    label: "get the generation of the nftables ruleset",
  });
}

export function decodeGeneration(message: NetlinkMessage): number | undefined {
  return decodeMessage(message, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWGEN)?.be32(NFTA_GEN_ID);
}
