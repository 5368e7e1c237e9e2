import fc from "fast-check";
import { runs } from "./oddities.ts";

/** One change of bytes. */
interface Hit {
  /** Which part of them lies before it, from 0 to 1. */
  readonly at: number;
  readonly deed: "flip" | "insert" | "cut" | "remove" | "repeat" | "zero" | "ones";
  readonly byte: number;
  readonly length: number;
}

/** Anywhere, both ends included. */
const anywhere = fc.double({ min: 0, max: 1, noNaN: true });

const hit: fc.Arbitrary<Hit> = fc.record({
  at: anywhere,
  deed: fc.constantFrom("flip", "insert", "cut", "remove", "repeat", "zero", "ones"),
  byte: fc.nat(255),
  length: fc.integer({ min: 1, max: 40 }),
});

/** Bytes that are almost these. */
export function damaged(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(bytes, fc.array(hit, { maxLength: 6 })).map(([original, hits]) => {
    return hits.reduce(applyHit, original);
  });
}

function applyHit(bytes: Uint8Array, { at, deed, byte, length }: Hit): Uint8Array {
  const [head, rest] = splitAt(bytes, at);
  const part = rest.subarray(0, length);
  const behind = rest.subarray(part.length);
  const filled = (value: number) => Buffer.alloc(part.length, value);
  switch (deed) {
    case "flip":
      return Buffer.concat([head, Uint8Array.of(byte), rest.subarray(1)]);
    case "insert":
      return Buffer.concat([head, Uint8Array.of(byte), rest]);
    case "cut":
      return head;
    case "remove":
      return Buffer.concat([head, behind]);
    case "repeat":
      return Buffer.concat([head, part, part, behind]);
    case "zero":
      return Buffer.concat([head, filled(0), behind]);
    case "ones":
      return Buffer.concat([head, filled(255), behind]);
  }
}

/** Bytes with the same text over and over somewhere in them, and cut off somewhere after that. */
export function stretched(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(bytes, runs, anywhere, anywhere).map(([original, run, at, end]) => {
    const [head, rest] = splitAt(original, at);
    const [kept] = splitAt(rest, end);
    return Buffer.concat([head, Buffer.from(run), kept]);
  });
}

function splitAt(bytes: Uint8Array, at: number): [head: Uint8Array, rest: Uint8Array] {
  const offset = Math.floor(at * bytes.length);
  return [bytes.subarray(0, offset), bytes.subarray(offset)];
}

/** The JSON text of a document, in some cases damaged on top of what is wrong with that. */
export function textOf(document: fc.Arbitrary<unknown>): fc.Arbitrary<Uint8Array> {
  const text = document.map((value) => Buffer.from(JSON.stringify(value) ?? "", "utf8"));
  return fc.oneof(
    { arbitrary: text, weight: 16 },
    { arbitrary: damaged(text), weight: 2 },
    { arbitrary: stretched(text), weight: 2 },
  );
}
