import { type Address, formatAddress } from "../../lib/ip/address.ts";
import { findFile } from "../../lib/sys/file.ts";
import { closeSync, constants, openSync, readSync, writeSync } from "../../lib/sys/fs.ts";

/*
 * Which addresses are taken, so that the next free one is found without trying each. A folder
 * holds a file for every block of 65,536 addresses of which one was ever taken; the file has a
 * byte for each address up to the highest that was.
 */

const blockBits = 16n;
const blockSize = 1 << Number(blockBits);
const filePrefix = "taken-";

const FREE = 0;
const TAKEN = 1;

export class AddressMap {
  readonly #folder: string;
  /** Blocks that were read; undefined where there is no file. */
  readonly #blocks = new Map<string, Uint8Array | undefined>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes the map of these addresses, all taken, into a folder that has none yet. */
  fill(addresses: readonly Address[]): void {
    const blocks = new Map<string, Address[]>();
    for (const address of addresses) {
      const name = fileOf(address);
      const block = blocks.get(name);
      if (block === undefined) blocks.set(name, [address]);
      else block.push(address);
    }
    for (const [name, block] of blocks) this.#write(name, block, TAKEN);
  }

  add(address: Address): void {
    this.#set(address, TAKEN);
  }

  remove(address: Address): void {
    this.#set(address, FREE);
  }

  /** @returns the first address from `first` to `last` that is not taken */
  findFree(first: Address, last: Address): Address | undefined {
    const { family } = first;
    for (let value = first.value; value <= last.value; value = blockOf(value) + BigInt(blockSize)) {
      const start = offsetOf(value);
      const offset = this.#read({ family, value })?.indexOf(FREE, start) ?? start;
      const free = blockOf(value) + BigInt(offset);
      if (offset >= 0) return free <= last.value ? { family, value: free } : undefined;
    }
    return undefined;
  }

  #set(address: Address, state: number): void {
    const name = fileOf(address);
    this.#write(name, [address], state);
    const block = this.#blocks.get(name);
    if (block === undefined) this.#blocks.delete(name);
    else block[offsetOf(address.value)] = state;
  }

  #read(address: Address): Uint8Array | undefined {
    const name = fileOf(address);
    if (!this.#blocks.has(name)) this.#blocks.set(name, readBlock(`${this.#folder}/${name}`));
    return this.#blocks.get(name);
  }

  /** @param addresses all of one block, at least one; what lies between them becomes free */
  #write(name: string, addresses: readonly Address[], state: number): void {
    let [lowest, highest] = [blockSize, 0];
    for (const { value } of addresses) {
      lowest = Math.min(lowest, offsetOf(value));
      highest = Math.max(highest, offsetOf(value));
    }
    const bytes = new Uint8Array(highest - lowest + 1);
    for (const { value } of addresses) bytes[offsetOf(value) - lowest] = state;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
    const fd = openSync(`${this.#folder}/${name}`, flags, 0o600);
    try {
      writeSync(fd, bytes, 0, bytes.length, lowest);
    } finally {
      closeSync(fd);
    }
  }
}

/** @returns the number of the first address in the block of `value` */
function blockOf(value: bigint): bigint {
  return (value >> blockBits) << blockBits;
}

function offsetOf(value: bigint): number {
  return Number(value - blockOf(value));
}

/** @returns the name of the block's file: "taken-" and its first address */
function fileOf({ family, value }: Address): string {
  return filePrefix + formatAddress({ family, value: blockOf(value) });
}

/** @returns a byte for every address of the block */
function readBlock(path: string): Uint8Array | undefined {
  const fd = findFile(path);
  if (fd === undefined) return undefined;
  try {
    const block = new Uint8Array(blockSize);
    readSync(fd, block, 0, blockSize, 0);
    return block;
  } finally {
    closeSync(fd);
  }
}
