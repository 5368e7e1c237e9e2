import { toBuffer } from "../../bytes.ts";

/**
 * The types of keys and values in sets and maps. The kernel only knows their lengths; the numbers
 * are nft's (`enum datatypes` in nftables' `include/datatype.h`), kept so that it can print them.
 */
export interface DataType {
  /** As nft spells it. */
  readonly name: string;
  readonly id: number;
  /** In bytes. */
  readonly length: number;
  readonly byteOrder: ByteOrder;
}

/** nft's `enum byteorder`, which it notes in the user data of a set. */
export type ByteOrder = "mixed" | "host" | "network";

export const ipv4Addr: DataType = { name: "ipv4_addr", id: 7, length: 4, byteOrder: "network" };
export const ipv6Addr: DataType = { name: "ipv6_addr", id: 8, length: 16, byteOrder: "network" };
export const inetProto: DataType = { name: "inet_proto", id: 12, length: 1, byteOrder: "network" };
export const inetService: DataType = {
  name: "inet_service",
  id: 13,
  length: 2,
  byteOrder: "network",
};
export const ifName: DataType = { name: "ifname", id: 41, length: 16, byteOrder: "host" };

const BITS_PER_TYPE = 6;
const REGISTER_LENGTH = 4;

/** @returns the length of a field in a register or concatenation: whole registers of 4 bytes */
export function paddedLength(length: number): number {
  return Math.ceil(length / REGISTER_LENGTH) * REGISTER_LENGTH;
}

/** @returns the number and length of one type, or of the concatenation of several */
export function concatenate(types: readonly DataType[]): { id: number; length: number } {
  const [only, ...others] = types;
  if (only !== undefined && others.length === 0) return { id: only.id, length: only.length };
  return {
    id: types.reduce((id, type) => (id << BITS_PER_TYPE) | type.id, 0),
    length: types.reduce((length, type) => length + paddedLength(type.length), 0),
  };
}

/** @returns fields next to each other, each padded to whole registers; one alone stays as it is */
export function encodeFields(fields: readonly Uint8Array[]): Buffer {
  const [only, ...others] = fields;
  if (only !== undefined && others.length === 0) return toBuffer(only);
  return Buffer.concat(
    fields.flatMap((field) => [field, Buffer.alloc(paddedLength(field.length) - field.length)]),
  );
}

/** @returns a port number as `inet_service` */
export function encodePort(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 255);
}

/** @returns a name as `ifname`: 16 bytes, filled up with NULs */
export function encodeName(name: string): Uint8Array {
  const encoded = new TextEncoder().encode(name);
  if (encoded.length >= ifName.length) throw new RangeError(`"${name}" is no interface name`);
  return Buffer.concat([encoded, Buffer.alloc(ifName.length - encoded.length)]);
}

/** @returns the name in an `ifname` */
export function decodeName(bytes: Uint8Array): string {
  return toBuffer(bytes).toString("utf8").replace(/\0+$/, "");
}
