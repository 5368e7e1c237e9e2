import { formatHeader, HEADER_LENGTH, parseHeader } from "netlink/dist/structs.js";

/**
 * Netlink messages as netlink(7) has them: a 16-byte header in host byte order, then a payload
 * whose layout the message type decides. Several follow each other on 4-byte boundaries.
 */

// Flags, include/uapi/linux/netlink.h.
export const NLM_F_REQUEST = 0x1;
export const NLM_F_MULTI = 0x2;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CAPPED = 0x100;
export const NLM_F_ACK_TLVS = 0x200;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

// Types below NLMSG_MIN_TYPE (16) mean the same in every protocol.
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

/** A message as it arrived. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What follows the header, without padding. */
  readonly payload: Buffer;
}

/** A message to be sent. The connection adds the sequence number and NLM_F_REQUEST. */
export interface NetlinkRequest {
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
  /** What it does, for error texts: `create bridge "cni0"`. */
  readonly label: string;
}

type Sendable = Omit<NetlinkMessage, "payload"> & { readonly payload: Uint8Array };

/** A datagram that breaks off in the middle of a message. */
export class MalformedMessageError extends Error {
  override readonly name = "MalformedMessageError";
}

/** @returns the messages one after the other, each padded to 4 bytes */
export function encodeMessages(messages: readonly Sendable[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const { type, flags, sequence, payload } of messages) {
    const length = HEADER_LENGTH + payload.length;
    parts.push(formatHeader({ length, type, flags, seq: sequence, port: 0 }), payload);
    if (length % 4 !== 0) parts.push(Buffer.alloc(4 - (length % 4)));
  }
  return Buffer.concat(parts);
}

/**
 * @returns the messages of one datagram; their payloads are views of `datagram`
 * @throws {MalformedMessageError}
 */
export function decodeMessages(datagram: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  let offset = 0;
  while (offset < datagram.length) {
    const rest = datagram.length - offset;
    if (rest < HEADER_LENGTH) {
      throw new MalformedMessageError(`Netlink datagram ends ${rest} bytes into a header`);
    }
    const { x: header } = parseHeader(datagram.subarray(offset, offset + HEADER_LENGTH));
    if (header.length < HEADER_LENGTH || header.length > rest) {
      throw new MalformedMessageError(
        `Netlink message claims ${header.length} bytes where ${rest} are left`,
      );
    }
    messages.push({
      type: header.type,
      flags: header.flags,
      sequence: header.seq,
      payload: datagram.subarray(offset + HEADER_LENGTH, offset + header.length),
    });
    offset += (header.length + 3) & ~3;
  }
  return messages;
}
