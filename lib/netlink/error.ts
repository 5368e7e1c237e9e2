import { parseAttributes } from "netlink/dist/structs.js";
import { errnoName, errnoText } from "../sys/errno.ts";
import { type NetlinkMessage, NLM_F_ACK_TLVS, NLM_F_CAPPED } from "./message.ts";

const NLMSGERR_ATTR_MSG = 1; // include/uapi/linux/netlink.h

/**
 * The kernel refused a request. `errno` is its error number, `code` the number's name, and
 * `kernelMessage` the extended acknowledgement: the kernel's own words for what was wrong.
 */
export class NetlinkError extends Error {
  override readonly name = "NetlinkError";
  readonly code: string;

  constructor(
    readonly request: string,
    readonly errno: number,
    readonly kernelMessage?: string,
  ) {
    const text = errnoText(errno);
    super(`${request}: ${text}${kernelMessage === undefined ? "" : ` (${kernelMessage})`}`);
    this.code = errnoName(errno);
  }
}

/** What an NLMSG_ERROR message carries; error number 0 is an acknowledgement. */
export interface Acknowledgement {
  readonly errno: number;
  readonly kernelMessage: string | undefined;
}

/**
 * Decodes a `struct nlmsgerr`: the negated error number, the header of the request (all of the
 * request where NLM_F_CAPPED is not set), then attributes.
 */
export function decodeAcknowledgement({ flags, payload }: NetlinkMessage): Acknowledgement {
  const errno = payload.length < 4 ? 0 : -payload.readInt32LE(0);
  return { errno, kernelMessage: extendedMessage(flags, payload) };
}

function extendedMessage(flags: number, payload: Buffer): string | undefined {
  if ((flags & NLM_F_ACK_TLVS) === 0 || payload.length < 20) return undefined;
  const requestLength = (flags & NLM_F_CAPPED) === 0 ? payload.readUInt32LE(4) : 16;
  let message: string | undefined;
  parseAttributes(payload.subarray(4 + ((requestLength + 3) & ~3)), ({ type, data }) => {
    if (type === NLMSGERR_ATTR_MSG) message = data.toString("utf8").replace(/\0+$/, "");
  });
  return message;
}
