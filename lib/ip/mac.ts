import { toBuffer } from "../bytes.ts";

/** Hardware addresses, 6, 8 or 20 bytes, in network order. */

const LENGTHS = [6, 8, 20];
const PAIRS = /^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2})*$/i;
const QUADS = /^[0-9a-f]{4}(\.[0-9a-f]{4})+$/i;

/**
 * Parses a MAC address as Go's `net.ParseMAC` does: "00:00:5e:00:53:01", "00-00-5e-00-53-01" or
 * "0000.5e00.5301", also of 8 bytes (EUI-64) and 20 (IP over InfiniBand).
 *
 * @returns undefined when `text` is not one
 */
export function parseMac(text: string): Uint8Array | undefined {
  if (!PAIRS.test(text) && !QUADS.test(text)) return undefined;
  const pairs = text.replaceAll(/[:.-]/g, "").match(/../g) ?? [];
  if (!LENGTHS.includes(pairs.length)) return undefined;
  return Uint8Array.of(...pairs.map((pair) => Number.parseInt(pair, 16)));
}

/** @returns lower case, with colons */
export function formatMac(bytes: Uint8Array): string {
  return toBuffer(bytes)
    .toString("hex")
    .replaceAll(/..(?=.)/g, "$&:");
}

/** @returns six random bytes that no vendor assigned and that are no group's address */
export function randomMac(): Uint8Array {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  const LOCALLY_ADMINISTERED = 0b10;
  const GROUP = 0b01;
  bytes[0] = ((bytes[0] ?? 0) | LOCALLY_ADMINISTERED) & ~GROUP;
  return bytes;
}

export function isSameMac(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
