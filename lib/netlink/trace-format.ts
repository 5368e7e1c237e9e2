import { parseMessage } from "netlink/dist/rt/structs.js";
import { parseAttributes } from "netlink/dist/structs.js";
import { errnoName } from "../sys/errno.ts";
import { decodeAcknowledgement } from "./error.ts";
import { decodeMessages, type NetlinkMessage, NLMSG_DONE, NLMSG_ERROR } from "./message.ts";

const NETLINK_ROUTE = 0;
const NFGENMSG_LENGTH = 4;

/** Names of flags, lowest bit first; bits 8 to 11 differ between requests that get and that make. */
const flagNames = ["REQUEST", "MULTI", "ACK", "ECHO", "DUMP_INTR", "DUMP_FILTERED"];
const makeFlagNames = ["REPLACE", "EXCL", "CREATE", "APPEND"];
const getFlagNames = ["ROOT", "MATCH", "ATOMIC"];

/** @returns the messages of one datagram as indented text that ends in a newline */
export function formatDatagram(direction: string, protocol: number, datagram: Buffer): string {
  return decodeMessages(datagram)
    .map((message) => {
      const title = `${direction} #${message.sequence} ${formatType(protocol, message)}`;
      return `${[title, ...formatBody(protocol, message)].join(`\n${direction}   `)}\n`;
    })
    .join("");
}

function formatType(protocol: number, { type, flags }: NetlinkMessage): string {
  if (type === NLMSG_ERROR) return "ack";
  if (type === NLMSG_DONE) return "done";
  const name =
    protocol === NETLINK_ROUTE ? `rtnetlink ${type}` : `nfnetlink ${type >> 8}/${type & 255}`;
  return `${name} flags ${formatFlags(type, flags)}`;
}

function formatFlags(type: number, flags: number): string {
  // rtnetlink numbers its messages in fours: new, delete, get, set.
  const upper = type % 4 === 2 ? getFlagNames : makeFlagNames;
  const names = flagNames.filter((_, bit) => (flags & (1 << bit)) !== 0);
  names.push(...upper.filter((_, bit) => (flags & (0x100 << bit)) !== 0));
  return names.join("|") || "0";
}

function formatBody(protocol: number, message: NetlinkMessage): string[] {
  const { type, payload } = message;
  if (type === NLMSG_ERROR) return [formatAnswer(message)];
  if (type === NLMSG_DONE) return [];
  if (protocol !== NETLINK_ROUTE) return formatTlvs(payload.subarray(NFGENMSG_LENGTH));
  try {
    const { data, attrs } = { attrs: {}, ...parseMessage(type, payload) };
    return [...formatFields(data), ...formatFields(attrs)];
  } catch {
    return [payload.toString("hex")];
  }
}

function formatAnswer(message: NetlinkMessage): string {
  const { errno, kernelMessage } = decodeAcknowledgement(message);
  if (errno === 0) return "done";
  return `${errnoName(errno)}${kernelMessage === undefined ? "" : `: ${kernelMessage}`}`;
}

function formatFields(fields: object): string[] {
  return Object.entries(fields)
    .filter(([name, value]) => value !== undefined && !name.startsWith("__"))
    .map(([name, value]) => `${name}: ${formatValue(value)}`);
}

function formatValue(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (value instanceof Map)
    return `{ ${[...value].map(([key, entry]) => `${key}: ${formatValue(entry)}`).join(", ")} }`;
  if (typeof value === "object" && value !== null) return `{ ${formatFields(value).join(", ")} }`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** nfnetlink attributes by number, nested ones indented, others as hexadecimal digits. */
function formatTlvs(attributes: Buffer, indent = ""): string[] {
  const lines: string[] = [];
  parseAttributes(attributes, ({ type, nested, data }) => {
    if (nested === true) lines.push(`${indent}${type}:`, ...formatTlvs(data, `${indent}  `));
    else lines.push(`${indent}${type}: ${data.toString("hex")}`);
  });
  return lines;
}
