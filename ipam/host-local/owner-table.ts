import { type Address, isSameAddress } from "../../lib/ip/address.ts";
import { findFile, writeAll } from "../../lib/sys/file.ts";
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "../../lib/sys/fs.ts";

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
 * owners there are. Numbers are in the machine's own order: no table leaves its machine, nor its
 * boot.
 *
 * Of an owner the table knows a hash of 32 bits only, and it may be wrong in other ways: whoever
 * asks then reads the reservation itself (store.ts tells why).
 */

const magic = "PBINDEX1";
const bucketSize = 512;
const slotsPerBucket = 16;
const fewestBuckets = 16;

/** Offsets in the header, after the magic. */
const Header = { buckets: 8, used: 12, seal: 16 } as const;

/** A slot in words of 32 bits. */
const wordsPerSlot = 8;
const Word = { hash: 0, kind: 1, address: 4 } as const;
/** What is in a slot; a live one has the family of its address. */
const Kind = { unused: 0, ipv4: 4, ipv6: 6, deleted: 255 } as const;

/** One address of one owner; the owner is the content of the reservation. */
export interface Holding {
  readonly owner: string;
  readonly address: Address;
}

interface Entry {
  readonly hash: number;
  readonly address: Address;
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
    const fd = findFile(path, constants.O_RDWR);
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
    const found: Address[] = [];
    const hash = hashOf(owner);
    this.#search(hash, (words, slot) => {
      const address = words[slot + Word.hash] === hash ? decodeAddress(words, slot) : undefined;
      if (address !== undefined) found.push(address);
      return false;
    });
    return found;
  }

  insert({ owner, address }: Holding): void {
    if (2 * (this.#used + 1) > this.#buckets * slotsPerBucket) this.#write(this.#entries());
    const hash = hashOf(owner);
    this.#search(hash, (words, slot, position) => {
      const kind = words[slot + Word.kind];
      if (kind !== Kind.unused && kind !== Kind.deleted) return false;
      if (kind === Kind.unused) this.#used++;
      encodeSlot({ hash, address }, words, slot);
      this.#writeWords(words.subarray(slot, slot + wordsPerSlot), position);
      return true;
    });
  }

  remove({ owner, address }: Holding): void {
    const hash = hashOf(owner);
    this.#search(hash, (words, slot, position) => {
      const found = words[slot + Word.hash] === hash ? decodeAddress(words, slot) : undefined;
      if (found === undefined || !isSameAddress(found, address)) return false;
      this.#writeWords(Uint32Array.of(hash, Kind.deleted), position);
      return true;
    });
  }

  /** Marks the table as complete. Later changes to it do not break the seal by themselves. */
  writeSeal(seal: string): void {
    const header = encodeHeader(this.#buckets, this.#used, seal);
    writeSync(this.#fd, header, 0, bucketSize, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Looks at the slots where an entry with this hash is, or would go, until `visit` says true. */
  #search(hash: number, visit: Visit): void {
    const words = new Uint32Array(bucketSize / Uint32Array.BYTES_PER_ELEMENT);
    for (let step = 0; step < this.#buckets; step++) {
      const start = bucketSize * (1 + ((hash + step) % this.#buckets));
      readSync(this.#fd, words, 0, bucketSize, start);
      for (let slot = 0; slot < words.length; slot += wordsPerSlot) {
        if (visit(words, slot, start + slot * Uint32Array.BYTES_PER_ELEMENT)) return;
      }
      if (words[words.length - wordsPerSlot + Word.kind] === Kind.unused) return;
    }
  }

  #writeWords(words: Uint32Array, position: number): void {
    // Without a length Bun writes where the file stands, whatever position it is given.
    writeSync(this.#fd, words, 0, words.byteLength, position);
  }

  #entries(): Entry[] {
    const words = new Uint32Array(this.#buckets * slotsPerBucket * wordsPerSlot);
    readSync(this.#fd, words, 0, words.byteLength, bucketSize);
    const entries: Entry[] = [];
    for (let slot = 0; slot < words.length; slot += wordsPerSlot) {
      const address = decodeAddress(words, slot);
      if (address !== undefined) entries.push({ hash: words[slot + Word.hash] ?? 0, address });
    }
    return entries;
  }

  #write(entries: readonly Entry[]): void {
    this.#buckets = bucketsFor(entries.length);
    this.#used = entries.length;
    const words = new Uint32Array(this.#buckets * slotsPerBucket * wordsPerSlot);
    for (const entry of entries) encodeSlot(entry, words, freeSlot(words, entry.hash));
    ftruncateSync(this.#fd, 0);
    writeSync(this.#fd, encodeHeader(this.#buckets, this.#used, ""), 0, bucketSize, 0);
    writeAll(this.#fd, new Uint8Array(words.buffer), bucketSize);
  }
}

/**
 * @param slot where in `words` it starts
 * @param position where in the file it starts, in bytes
 * @returns whether to stop
 */
type Visit = (words: Uint32Array, slot: number, position: number) => boolean;

/** @returns as many as leave three of four slots free */
function bucketsFor(entries: number): number {
  return Math.max(fewestBuckets, Math.ceil((4 * entries) / slotsPerBucket));
}

/** @returns where in the whole table an entry with this hash goes */
function freeSlot(words: Uint32Array, hash: number): number {
  const buckets = words.length / (slotsPerBucket * wordsPerSlot);
  let slot = (hash % buckets) * slotsPerBucket * wordsPerSlot;
  while (words[slot + Word.kind] !== Kind.unused) slot = (slot + wordsPerSlot) % words.length;
  return slot;
}

/** @returns undefined when the slot is not a live one */
function decodeAddress(words: Uint32Array, slot: number): Address | undefined {
  const kind = words[slot + Word.kind];
  if (kind !== Kind.ipv4 && kind !== Kind.ipv6) return undefined;
  let value = 0n;
  // An IPv4 address is in the last word, whatever a damaged table has in the others.
  for (
    let word = kind === Kind.ipv4 ? wordsPerSlot - 1 : Word.address;
    word < wordsPerSlot;
    word++
  ) {
    value = (value << 32n) | BigInt(words[slot + word] ?? 0);
  }
  return { family: kind, value };
}

function encodeSlot({ hash, address }: Entry, words: Uint32Array, slot: number): void {
  words[slot + Word.hash] = hash;
  words[slot + Word.kind] = address.family;
  let rest = address.value;
  for (let word = wordsPerSlot - 1; word >= Word.address; word--) {
    words[slot + word] = Number(rest & 0xffff_ffffn);
    rest >>= 32n;
  }
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
