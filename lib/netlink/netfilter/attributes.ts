/**
 * Netlink attributes (`struct nlattr`): length and type as 16-bit numbers in host byte order, then
 * the value, padded to 4 bytes. Numbers in nfnetlink attributes are big-endian, unlike rtnetlink's.
 * The kernels that we run on are all little-endian (x86-64, arm64).
 */

/** One attribute. A list as value nests further attributes. */
export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array | readonly Attribute[];
}

const HEADER_LENGTH = 4;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER

/** An attribute that stops before its own end, or goes on after that of its message. */
export class MalformedAttributeError extends Error {
  override readonly name = "MalformedAttributeError";
}

export function bytes(type: number, value: Uint8Array): Attribute {
  return { type, value };
}

/** A string with the NUL at its end that nf_tables expects. */
export function text(type: number, value: string): Attribute {
  return { type, value: new TextEncoder().encode(`${value}\0`) };
}

export function u8(type: number, value: number): Attribute {
  return { type, value: Uint8Array.of(value) };
}

/** An unsigned or negative 16-bit number in network byte order. */
export function be16(type: number, value: number): Attribute {
  return { type, value: Uint8Array.of((value >> 8) & 255, value & 255) };
}

/** An unsigned or negative 32-bit number in network byte order. */
export function be32(type: number, value: number): Attribute {
  return { type, value: bigEndian32(value) };
}

/** A 64-bit number in network byte order. */
export function be64(type: number, value: bigint): Attribute {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(value);
  return { type, value: buffer };
}

/** Attributes inside an attribute. Absent ones may be given as undefined. */
export function nested(type: number, ...attributes: (Attribute | undefined)[]): Attribute {
  return { type, value: attributes.filter((attribute) => attribute !== undefined) };
}

export function bigEndian32(value: number): Uint8Array {
  return Uint8Array.of((value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255);
}

function align(length: number): number {
  return (length + 3) & ~3;
}

export function encodeAttributes(attributes: readonly Attribute[]): Buffer {
  const writer = new AttributeWriter();
  for (const attribute of attributes) writer.write(attribute);
  return writer.bytes;
}

/** Fills in the length of an attribute when those inside it are written, so that all is done once. */
class AttributeWriter {
  #buffer = Buffer.alloc(512);
  #length = 0;

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  write({ type, value }: Attribute): void {
    const start = this.#extend(HEADER_LENGTH);
    const isNested = !(value instanceof Uint8Array);
    if (isNested) for (const attribute of value) this.write(attribute);
    else this.#append(value);
    const length = this.#length - start;
    if (length > 0xffff) throw new RangeError(`Attribute ${type} is ${length} bytes long`);
    this.#buffer.writeUInt16LE(length, start);
    this.#buffer.writeUInt16LE(isNested ? type | NLA_F_NESTED : type, start + 2);
    this.#extend(-length & 3);
  }

  #append(bytes: Uint8Array): void {
    const start = this.#extend(bytes.length);
    this.#buffer.set(bytes, start);
  }

  /** @returns where the next `count` bytes are, all zero */
  #extend(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.alloc(2 * this.#length);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return start;
  }
}

/**
 * @returns type and value of each attribute, in order; values are views of `buffer`
 * @throws {MalformedAttributeError}
 */
export function listAttributes(buffer: Buffer): { type: number; value: Buffer }[] {
  const attributes: { type: number; value: Buffer }[] = [];
  let offset = 0;
  while (buffer.length - offset >= HEADER_LENGTH) {
    const length = buffer.readUInt16LE(offset);
    if (length < HEADER_LENGTH || offset + length > buffer.length) {
      throw new MalformedAttributeError(
        `Attribute claims ${length} bytes where ${buffer.length - offset} are left`,
      );
    }
    const type = buffer.readUInt16LE(offset + 2) & NLA_TYPE_MASK;
    attributes.push({ type, value: buffer.subarray(offset + HEADER_LENGTH, offset + length) });
    offset += align(length);
  }
  return attributes;
}

/** The attributes of one message by type: for those that occur once. */
export class AttributeMap {
  readonly #values: ReadonlyMap<number, Buffer>;

  /** @throws {MalformedAttributeError} */
  constructor(buffer: Buffer) {
    this.#values = new Map(listAttributes(buffer).map(({ type, value }) => [type, value]));
  }

  bytes(type: number): Buffer | undefined {
    return this.#values.get(type);
  }

  text(type: number): string | undefined {
    return this.#values.get(type)?.toString("utf8").replace(/\0+$/, "");
  }

  u8(type: number): number | undefined {
    return this.#values.get(type)?.readUInt8(0);
  }

  be16(type: number): number | undefined {
    return this.#values.get(type)?.readUInt16BE(0);
  }

  be32(type: number): number | undefined {
    return this.#values.get(type)?.readUInt32BE(0);
  }

  be64(type: number): bigint | undefined {
    return this.#values.get(type)?.readBigUInt64BE(0);
  }

  nested(type: number): AttributeMap | undefined {
    const value = this.#values.get(type);
    return value === undefined ? undefined : new AttributeMap(value);
  }

  /** The members of a list, which all have the same type there. */
  list(type: number): AttributeMap[] {
    const value = this.#values.get(type);
    return value === undefined
      ? []
      : listAttributes(value).map((member) => new AttributeMap(member.value));
  }
}
