const S_IFMT = 0o170000;
const [S_IFDIR, S_IFREG, S_IFLNK] = [0o040000, 0o100000, 0o120000] as const;

/** What is known of a file: `struct statx`, include/uapi/linux/stat.h, the same on all machines. */
export class Stats {
  readonly #bytes: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = new DataView(bytes.buffer);
  }

  /** The device that it is on. Two files are the same when `dev` and `ino` are. */
  get dev(): number {
    return this.#bytes.getUint32(136, true) * 2 ** 20 + this.#bytes.getUint32(140, true);
  }

  get ino(): bigint {
    return this.#bytes.getBigUint64(32, true);
  }

  get nlink(): number {
    return this.#bytes.getUint32(16, true);
  }

  /** In bytes. */
  get size(): number {
    return Number(this.#bytes.getBigUint64(40, true));
  }

  /** When its content changed last, in nanoseconds since the epoch. */
  get mtimeNs(): bigint {
    return (
      this.#bytes.getBigInt64(112, true) * 1_000_000_000n + BigInt(this.#bytes.getUint32(120, true))
    );
  }

  /** The same in milliseconds. */
  get mtimeMs(): number {
    return Number(this.mtimeNs) / 1e6;
  }

  get #type(): number {
    return this.#bytes.getUint16(28, true) & S_IFMT;
  }

  isDirectory(): boolean {
    return this.#type === S_IFDIR;
  }

  isFile(): boolean {
    return this.#type === S_IFREG;
  }

  isSymbolicLink(): boolean {
    return this.#type === S_IFLNK;
  }
}
