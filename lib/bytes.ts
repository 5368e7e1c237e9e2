/**
 * A copy of bytes as a `Buffer`, which has the methods and the type that others want. Not by
 * `Buffer.from`: Bun has that as JavaScript source, and compiles it when it is first called, which
 * takes longer than most that a plugin does (test/bench/README.md). This calls machine code.
 */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes]);
}
