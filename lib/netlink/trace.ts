import { writeStderr } from "../sys/stdio.ts";

/**
 * Prints every netlink message on stderr when `PATCHBAY_NETLINK_TRACE` is set, field by field:
 * "> " what is sent, "< " what the kernel answers.
 */
export function traceMessages(direction: ">" | "<", protocol: number, datagram: Buffer): void {
  if (process.env["PATCHBAY_NETLINK_TRACE"] === undefined) return;
  // Loaded here, not above: nobody who does not trace pays for it.
  const { formatDatagram } = require("./trace-format.ts") as typeof import("./trace-format.ts");
  writeStderr(formatDatagram(direction, protocol, datagram));
}
