import { closeSync, fstatSync, readdirSync, readSync } from "node:fs";
import { type Address, formatAddress, parseAddress } from "../../lib/ip/address.ts";
import { findFile } from "../../lib/sys/file.ts";
import { findXattr } from "../../lib/sys/xattr.ts";

/** Who holds an address. Suites before 2018 wrote the container's ID alone. */
export interface Owner {
  readonly containerId: string;
  readonly ifName?: string;
}

/** The record of one address: a file that is named by it and says who holds it. */
export interface Reservation {
  readonly address: Address;
  /** Undefined where the content is no owner's: empty, or not text, as a crash leaves it. */
  readonly owner: Owner | undefined;
  /** When it was written, in milliseconds since the epoch. */
  readonly writtenAt: number;
  /** The boot in which patchbay wrote it; undefined when another suite did. */
  readonly bootId: string | undefined;
}

/** The extended attribute that says in which boot a reservation was written. */
export const bootAttribute = "user.patchbay.boot";

/** @returns the content of a reservation: two lines, byte for byte those of the reference suite */
export function formatOwner({ containerId, ifName }: Owner): string {
  return ifName === undefined ? containerId : `${containerId}\r\n${ifName}`;
}

export function isSameOwner(a: Owner, b: Owner): boolean {
  return a.containerId === b.containerId && a.ifName === b.ifName;
}

/** @returns undefined for what no suite writes in full: nothing, or what is not printable text */
function parseOwner(content: string): Owner | undefined {
  const [containerId = "", ifName, ...rest] = content.trim().split("\r\n");
  const isText = [containerId, ifName ?? "x"].every((line) => /^[\x21-\x7e]+$/.test(line));
  if (!isText || rest.length > 0) return undefined;
  return ifName === undefined ? { containerId } : { containerId, ifName };
}

/** @returns the reservation of `address`, if it is reserved; a symbolic link is not followed */
export function findReservation(directory: string, address: Address): Reservation | undefined {
  const fd = findFile(`${directory}/${formatAddress(address)}`);
  if (fd === undefined) return undefined;
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) return undefined;
    return {
      address,
      owner: parseOwner(readText(fd)),
      writtenAt: status.mtimeMs,
      bootId: findXattr(fd, bootAttribute),
    };
  } finally {
    closeSync(fd);
  }
}

/** More than any owner: container IDs are names. */
const longestContent = 4096;

function readText(fd: number): string {
  const buffer = Buffer.allocUnsafe(longestContent);
  return buffer.toString("latin1", 0, readSync(fd, buffer));
}

/** @returns every reservation in `directory`; other files there are somebody else's */
export function listReservations(directory: string): Reservation[] {
  return readdirSync(directory).flatMap((name) => {
    const address = parseAddress(name);
    if (address === undefined || formatAddress(address) !== name) return [];
    return findReservation(directory, address) ?? [];
  });
}

/** @returns such as 'held by container "3f2a" (interface "eth0") for 5 min' */
export function describeHolder({ owner, writtenAt }: Reservation): string {
  const who = owner === undefined ? "nobody that can be told" : `container "${owner.containerId}"`;
  const where = owner?.ifName === undefined ? "" : ` (interface "${owner.ifName}")`;
  return `held by ${who}${where} for ${formatAge(Date.now() - writtenAt)}`;
}

function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.floor(seconds / 3600)} h`
    : `${Math.floor(seconds / 86_400)} days`;
}
