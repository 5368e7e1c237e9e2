import type { NetlinkRequest } from "../../netlink/message.ts";
import { tableRequests } from "./chains.ts" with { type: "macro" };

/**
 * What makes the table with all that does not depend on containers. That is always the same: it is
 * encoded when the executables are built, and took half of an ADD when an ADD did it.
 *
 * @returns requests that the kernel refuses with EEXIST when the table is there, so that of several
 *   who try one succeeds
 */
export function encodeTable(): NetlinkRequest[] {
  return tableRequests().map(({ type, flags, label, payload }) => {
    return { type, flags, label, payload: Buffer.from(payload, "base64") };
  });
}
