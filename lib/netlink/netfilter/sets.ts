import type { NetlinkRequest } from "../message.ts";
import { be32, bytes, text } from "./attributes.ts";
import { type ByteOrder, concatenate, type DataType } from "./data-types.ts";
import { encodeRequest, NFNL_SUBSYS_NFTABLES } from "./message.ts";
import { creationFlags, type Existence, type Table } from "./tables.ts";
import { comment, encodeUserData, type UserDatum } from "./userdata.ts";

/** Sets and maps: what `nft add set` and `nft add map` do. */

const NFT_MSG_NEWSET = 9;
const NFTA_SET_TABLE = 1;
const NFTA_SET_NAME = 2;
const NFTA_SET_FLAGS = 3;
const NFTA_SET_KEY_TYPE = 4;
const NFTA_SET_KEY_LEN = 5;
const NFTA_SET_DATA_TYPE = 6;
const NFTA_SET_DATA_LEN = 7;
const NFTA_SET_ID = 10;
const NFTA_SET_USERDATA = 13;

const NFT_SET_MAP = 0x8;
const NFT_DATA_VERDICT = 0xffffff00;

// Types of user data, libnftnl `udata.h`, `enum nftnl_udata_set_types`.
const KEY_BYTE_ORDER = 0;
const DATA_BYTE_ORDER = 1;
const SET_COMMENT = 7;
const byteOrders: Readonly<Record<ByteOrder, number>> = { mixed: 0, host: 1, network: 2 };

/** A set; with values, a map. */
export interface NamedSet {
  readonly table: Table;
  readonly name: string;
  /** The fields of a key: one type, or the concatenation of several. */
  readonly key: readonly DataType[];
  /** Of a map: the fields of a value, or what to do with the packet. */
  readonly value?: readonly DataType[] | "verdict";
  readonly comment?: string;
}

export function describeSet({ table, name, value }: NamedSet): string {
  return `${value === undefined ? "set" : "map"} ${table.family} ${table.name} ${name}`;
}

/** @param id any number that no other new set of the same transaction has */
export function encodeAddSet(set: NamedSet, existence: Existence, id: number): NetlinkRequest {
  const { table, name, key, value } = set;
  const keys = concatenate(key);
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type: NFT_MSG_NEWSET,
    flags: creationFlags(existence),
    family: table.family,
    attributes: [
      text(NFTA_SET_TABLE, table.name),
      text(NFTA_SET_NAME, name),
      be32(NFTA_SET_FLAGS, value === undefined ? 0 : NFT_SET_MAP),
      be32(NFTA_SET_KEY_TYPE, keys.id),
      be32(NFTA_SET_KEY_LEN, keys.length),
      ...(value === undefined ? [] : encodeValueType(value)),
      be32(NFTA_SET_ID, id),
      bytes(NFTA_SET_USERDATA, encodeUserData(describeForNft(set))),
    ],
    label: `${existence} ${describeSet(set)}`,
  });
}

function encodeValueType(value: readonly DataType[] | "verdict") {
  const { id, length } =
    value === "verdict" ? { id: NFT_DATA_VERDICT, length: 0 } : concatenate(value);
  return [be32(NFTA_SET_DATA_TYPE, id), be32(NFTA_SET_DATA_LEN, length)];
}

function describeForNft({ key, value, comment: remark }: NamedSet): UserDatum[] {
  const data = [{ type: KEY_BYTE_ORDER, value: encodeByteOrder(key) }];
  if (value !== undefined && value !== "verdict") {
    data.push({ type: DATA_BYTE_ORDER, value: encodeByteOrder(value) });
  }
  return remark === undefined ? data : [...data, comment(remark, SET_COMMENT)];
}

/** Concatenations have the byte orders of their fields, which nft knows by their types. */
function encodeByteOrder(types: readonly DataType[]): Uint8Array {
  const [only, ...others] = types;
  const order = only === undefined || others.length > 0 ? "mixed" : only.byteOrder;
  return Uint8Array.of(byteOrders[order], 0, 0, 0);
}
