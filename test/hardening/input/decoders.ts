import { decodeAcknowledgement } from "../../../lib/netlink/error.ts";
import { decodeMessages, type NetlinkMessage } from "../../../lib/netlink/message.ts";
import { decodeChain } from "../../../lib/netlink/netfilter/chains.ts";
import { decodeElements } from "../../../lib/netlink/netfilter/elements.ts";
import { decodeFlow } from "../../../lib/netlink/netfilter/flows.ts";
import { decodeGeneration } from "../../../lib/netlink/netfilter/generation.ts";
import { decodeRule as decodePacketRule } from "../../../lib/netlink/netfilter/rules.ts";
import { decodeTable } from "../../../lib/netlink/netfilter/tables.ts";
import { decodeAddress } from "../../../lib/netlink/route/addresses.ts";
import { decodePortVlans } from "../../../lib/netlink/route/bridge-vlans.ts";
import { decodeLink } from "../../../lib/netlink/route/link-state.ts";
import { decodeNeighbour } from "../../../lib/netlink/route/neighbours.ts";
import { decodeRoute } from "../../../lib/netlink/route/routes.ts";
import { decodeRule } from "../../../lib/netlink/route/rules.ts";
import { formatDatagram } from "../../../lib/netlink/trace-format.ts";
import { inTime } from "./judgement.ts";

const decoders: readonly ((message: NetlinkMessage) => unknown)[] = [
  decodeAcknowledgement,
  decodeLink,
  decodeAddress,
  decodeRoute,
  decodeRule,
  decodeNeighbour,
  decodePortVlans,
  decodeTable,
  (message) => decodeChain(message, { family: "inet", name: "patchbay" }),
  decodeElements,
  decodePacketRule,
  decodeGeneration,
  decodeFlow,
];

/** Every decoder looks at every message: most find that it is not for them. */
const readers: readonly ((datagram: Buffer) => unknown)[] = [
  ...decoders.map((decode) => (datagram: Buffer) => decodeMessages(datagram).map(decode)),
  (datagram) => formatDatagram("<", 0, datagram),
  (datagram) => formatDatagram("<", 12, datagram),
];

/** @returns what a reader did that it may not: anything but decode, or say that it cannot */
export function judgeDatagram(bytes: Uint8Array): string {
  const datagram = Buffer.from(bytes);
  return inTime(() => readers.map((read) => judgeReader(read, datagram)).join(""));
}

function judgeReader(read: (datagram: Buffer) => unknown, datagram: Buffer): string {
  try {
    read(datagram);
    return "";
  } catch (error) {
    // A message that ends too early is told by a RangeError of Buffer's, which is as good as any.
    if (!(error instanceof Error) || error instanceof TypeError) return `threw ${error}`;
    return error.message === "" ? `threw ${error.name} without a word` : "";
  }
}
