/**
 * Bytes and text as the `Buffer`s that the codec of the `netlink` package takes. Not by
 * `Buffer.from`: Bun has that as JavaScript source, and compiles it when it is first called, which
 * takes longer than most that a plugin does (test/bench/README.md). These functions call what is
 * machine code already.
 */

/** @returns a copy */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes]);
}

/** @returns `text` in UTF-8 */
export function encodeText(text: string): Buffer {
  const bytes = Buffer.alloc(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}
