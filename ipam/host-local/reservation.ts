import { type Address, formatAddress, parseAddress } from "../../lib/ip/address.ts";
import { findFile } from "../../lib/sys/file.ts";
import { closeSync, fstatSync, readdirSync, readSync } from "../../lib/sys/fs.ts";
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

/**
 * Whatever else a suite may write some day goes on further lines.
 *
 * @returns undefined for nothing and for zeros, which is what a crash leaves
 */
function parseOwner(content: string): Owner | undefined {
  const [containerId = "", ifName] = content.trim().split(/\r?\n/);
  if (containerId === "" || content.includes("\0")) return undefined;
  return ifName === undefined ? { containerId } : { containerId, ifName };
}

/** @returns the reservation of `address`, if it is reserved; a symbolic link is not followed */
export function findReservation(directory: string, address: Address): Reservation | undefined {
  return readReservation(`${directory}/${formatAddress(address)}`, address);
}

function readReservation(path: string, address: Address): Reservation | undefined {
  return readFile(path, (fd) => {
    const status = fstatSync(fd);
    if (!status.isFile()) return undefined;
    const text = readText(fd, Math.min(status.size, longestContent));
    return { address, owner: parseOwner(text), writtenAt: status.mtimeMs };
  });
}

/** @returns the boot in which patchbay wrote the reservation; undefined when another suite did */
export function findBootId(directory: string, address: Address): string | undefined {
  return readFile(`${directory}/${formatAddress(address)}`, (fd) => findXattr(fd, bootAttribute));
}

function readFile<T>(path: string, read: (fd: number) => T): T | undefined {
  const fd = findFile(path);
  if (fd === undefined) return undefined;
  try {
    return read(fd);
  } finally {
    closeSync(fd);
  }
}

/** More than an environment variable can hold, which is where a container's ID comes from. */
const longestContent = 256 * 1024;

function readText(fd: number, size: number): string {
  const buffer = Buffer.allocUnsafe(size);
  return buffer.toString("latin1", 0, readSync(fd, buffer, 0, size, 0));
}

/** @returns every reservation in `directory`; other files there are somebody else's */
export function listReservations(directory: string): Reservation[] {
  return readdirSync(directory).flatMap((name) => {
    const address = parseName(name);
    return address === undefined ? [] : (readReservation(`${directory}/${name}`, address) ?? []);
  });
}

/** @returns the address that a file is the reservation of: it is named in canonical form */
function parseName(name: string): Address | undefined {
  const address = parseAddress(name);
  if (address === undefined || address.family === 4) return address;
  return formatAddress(address) === name ? address : undefined;
}

/** @returns such as 'held by container "3f2a" (interface "eth0") for 5 min' */
export function describeHolder({ owner, writtenAt }: Reservation): string {
  const who =
    owner === undefined ? "nobody that can be told" : `container ${quote(owner.containerId)}`;
  const where = owner?.ifName === undefined ? "" : ` (interface ${quote(owner.ifName)})`;
  return `held by ${who}${where} for ${formatAge(Date.now() - writtenAt)}`;
}

/** What is in a file may be anything. */
function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.floor(seconds / 3600)} h`
    : `${Math.floor(seconds / 86_400)} days`;
}
