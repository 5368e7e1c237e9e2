/**
 * User data: bytes that the kernel keeps with a table, chain, rule, set or element and never looks
 * at. nft keeps comments there, as type, length and value of one byte, one byte and up to 255
 * (libnftnl, `udata.h`), and so do we: `nft list ruleset` shows our comments.
 */

/** The type of a comment in the user data of everything but sets. */
const COMMENT = 0;
/** Longer ones cannot be given to nft, so that its output could not be loaded again. */
const MAX_COMMENT_LENGTH = 127;

export interface UserDatum {
  readonly type: number;
  readonly value: Uint8Array;
}

export function encodeUserData(data: readonly UserDatum[]): Buffer {
  return Buffer.concat(
    data.flatMap(({ type, value }) => [Uint8Array.of(type, value.length), value]),
  );
}

export function comment(value: string, type = COMMENT): UserDatum {
  const encoded = new TextEncoder().encode(value);
  if (encoded.length > MAX_COMMENT_LENGTH) {
    throw new RangeError(`Comment of ${encoded.length} bytes, nft takes ${MAX_COMMENT_LENGTH}`);
  }
  return { type, value: Buffer.concat([encoded, Uint8Array.of(0)]) };
}

export function encodeComment(value: string): Buffer {
  return encodeUserData([comment(value)]);
}

/** @returns the comment in user data, also when somebody else wrote it; undefined without one */
export function decodeComment(userData: Buffer | undefined): string | undefined {
  let offset = 0;
  while (userData !== undefined && offset + 2 <= userData.length) {
    const length = userData.readUInt8(offset + 1);
    const value = userData.subarray(offset + 2, offset + 2 + length);
    if (userData[offset] === COMMENT) return value.toString("utf8").replace(/\0+$/, "");
    offset += 2 + length;
  }
  return undefined;
}
