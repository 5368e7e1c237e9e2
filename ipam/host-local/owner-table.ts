import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import {
  type Address,
  addressFromBytes,
  addressToBytes,
  isSameAddress,
} from "../../lib/ip/address.ts";
import { isErrno } from "../../lib/sys/errno.ts";

/*
 * Which addresses an owner holds, found without reading other owners' reservations: a hash table
 * in a file.
 *
 *     header  512 bytes   magic, number of buckets, number of slots in use, seal
 *     bucket  512 bytes   16 slots; an owner's bucket is its hash modulo their number
 *     slot     32 bytes   the owner's hash, kind, address
 *
 * An owner has one slot for each address. The slots of a bucket are filled in order, and where a
 * bucket is full the search goes on in the next one. When half of all slots are in use the table
 * is written anew, with more buckets, so that a search reads one bucket, rarely two, however many
 * owners there are.
 *
 * Of an owner the table knows a hash of 32 bits only, and it may be wrong in other ways: whoever
 * asks then reads the reservation itself (store.ts tells why).
 */

const magic = "PBINDEX1";
const slotSize = 32;
const slotsPerBucket = 16;
const bucketSize = slotSize * slotsPerBucket;
const fewestBuckets = 16;

/** Offsets in the header, after the magic. */
const Header = { buckets: 8, used: 12, seal: 16 } as const;
/** Offsets in a slot. */
const Slot = { hash: 0, kind: 4, address: 16 } as const;
/** A slot that was never used is all zeros; a live one has the length of its address in bytes. */
const Kind = { unused: 0, deleted: 255 } as const;

/** One address of one owner; the owner is the content of the reservation. */
export interface Holding {
  readonly owner: string;
  readonly address: Address;
}

interface Entry {
  readonly hash: number;
  readonly address: Address;
}

/** A slot that a search came by, and where it is in the file. */
interface Visited {
  readonly position: number;
  readonly kind: number;
  readonly entry: Entry | undefined;
}

export class OwnerTable {
  /** What the table was sealed with when it was opened; "" for none. */
  readonly seal: string;
  readonly #fd: number;
  #buckets: number;
  #used: number;

  private constructor(fd: number, buckets: number, used: number, seal: string) {
    this.#fd = fd;
    this.#buckets = buckets;
    this.#used = used;
    this.seal = seal;
  }

  /** @returns undefined when there is no table at `path` */
  static find(path: string): OwnerTable | undefined {
    const fd = findFile(path);
    if (fd === undefined) return undefined;
    const header = Buffer.alloc(bucketSize);
    readSync(fd, header, 0, bucketSize, 0);
    const buckets = header.readUInt32LE(Header.buckets);
    const isWhole = fstatSync(fd).size === bucketSize * (1 + buckets);
    if (isWhole && header.toString("latin1", 0, magic.length) === magic) {
      const seal = header.toString("latin1", Header.seal).replace(/\0+$/, "");
      return new OwnerTable(fd, buckets, header.readUInt32LE(Header.used), seal);
    }
    closeSync(fd);
    return undefined;
  }

  /** Writes a table in place of whatever is at `path`, without a seal. */
  static create(path: string, holdings: readonly Holding[]): OwnerTable {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    const table = new OwnerTable(openSync(path, flags, 0o600), 0, 0, "");
    table.#write(holdings.map(({ owner, address }) => ({ hash: hashOf(owner), address })));
    return table;
  }

  /** @returns the addresses that `owner` holds, or some other owner with the same hash */
  find(owner: string): Address[] {
    const hash = hashOf(owner);
    const entries = [...this.#visit(hash)].map(({ entry }) => entry);
    return entries.flatMap((entry) => (entry?.hash === hash ? [entry.address] : []));
  }

  insert({ owner, address }: Holding): void {
    if (2 * (this.#used + 1) > this.#buckets * slotsPerBucket) this.#write(this.#entries());
    const entry = { hash: hashOf(owner), address };
    for (const { position, kind } of this.#visit(entry.hash)) {
      if (kind !== Kind.unused && kind !== Kind.deleted) continue;
      if (kind === Kind.unused) this.#used++;
      writeSync(this.#fd, encodeSlot(entry), 0, slotSize, position);
      return;
    }
  }

  remove({ owner, address }: Holding): void {
    const hash = hashOf(owner);
    for (const { position, entry } of this.#visit(hash)) {
      if (entry?.hash !== hash || !isSameAddress(entry.address, address)) continue;
      writeSync(this.#fd, Uint8Array.of(Kind.deleted), 0, 1, position + Slot.kind);
    }
  }

  /** Marks the table as complete; a change to the table does not break the seal by itself. */
  writeSeal(seal: string): void {
    const header = encodeHeader(this.#buckets, this.#used, seal);
    writeSync(this.#fd, header, 0, bucketSize, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** The slots where an entry with this hash is, or would go, in the order of the search. */
  *#visit(hash: number): Generator<Visited> {
    const bytes = Buffer.alloc(bucketSize);
    for (let step = 0; step < this.#buckets; step++) {
      const start = bucketSize * (1 + ((hash + step) % this.#buckets));
      readSync(this.#fd, bytes, 0, bucketSize, start);
      yield* slotsIn(bytes, start);
      if (bytes[bucketSize - slotSize + Slot.kind] === Kind.unused) return;
    }
  }

  #entries(): Entry[] {
    const bytes = Buffer.alloc(bucketSize * this.#buckets);
    readSync(this.#fd, bytes, 0, bytes.length, bucketSize);
    return [...slotsIn(bytes, bucketSize)].flatMap(({ entry }) => entry ?? []);
  }

  #write(entries: readonly Entry[]): void {
    this.#buckets = bucketsFor(entries.length);
    this.#used = entries.length;
    const bytes = Buffer.alloc(bucketSize * (1 + this.#buckets));
    encodeHeader(this.#buckets, this.#used, "").copy(bytes);
    for (const entry of entries) encodeSlot(entry).copy(bytes, freeSlot(bytes, entry.hash));
    ftruncateSync(this.#fd, 0);
    writeSync(this.#fd, bytes, 0, bytes.length, 0);
  }
}

function findFile(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** @returns as many as leave three of four slots free */
function bucketsFor(entries: number): number {
  return Math.max(fewestBuckets, Math.ceil((4 * entries) / slotsPerBucket));
}

/** @returns where in the whole table's `bytes` an entry with this hash goes */
function freeSlot(bytes: Buffer, hash: number): number {
  const buckets = bytes.length / bucketSize - 1;
  for (let slot = (hash % buckets) * slotsPerBucket; ; slot++) {
    const position = bucketSize + (slot % (buckets * slotsPerBucket)) * slotSize;
    if (bytes[position + Slot.kind] === Kind.unused) return position;
  }
}

/** @param start where `bytes`, one or more buckets, are in the file */
function* slotsIn(bytes: Buffer, start: number): Generator<Visited> {
  for (let offset = 0; offset < bytes.length; offset += slotSize) {
    const slot = bytes.subarray(offset, offset + slotSize);
    const kind = slot.readUInt8(Slot.kind);
    yield { position: start + offset, kind, entry: decodeSlot(slot, kind) };
  }
}

function decodeSlot(slot: Buffer, kind: number): Entry | undefined {
  if (kind !== 4 && kind !== 16) return undefined;
  const address = addressFromBytes(slot.subarray(Slot.address, Slot.address + kind));
  return { hash: slot.readUInt32LE(Slot.hash), address };
}

function encodeSlot({ hash, address }: Entry): Buffer {
  const slot = Buffer.alloc(slotSize);
  const bytes = addressToBytes(address);
  slot.writeUInt32LE(hash, Slot.hash);
  slot.writeUInt8(bytes.length, Slot.kind);
  slot.set(bytes, Slot.address);
  return slot;
}

function encodeHeader(buckets: number, used: number, seal: string): Buffer {
  const header = Buffer.alloc(bucketSize);
  header.write(magic, "latin1");
  header.writeUInt32LE(buckets, Header.buckets);
  header.writeUInt32LE(used, Header.used);
  header.write(seal, Header.seal, "latin1");
  return header;
}

/** FNV-1a, 32 bits: for spreading names over buckets, not against an adversary. */
function hashOf(owner: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < owner.length; index++) {
    hash = Math.imul(hash ^ owner.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
