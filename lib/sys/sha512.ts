/**
 * SHA-512 by Bun's own function: loading `node:crypto` for it would take longer than the rest of a
 * plugin's start.
 */
export function sha512(text: string, encoding: "hex" | "base64url"): string {
  return new Bun.CryptoHasher("sha512").update(text).digest(encoding);
}
