import { readFileSync } from "node:fs";
import type { Conflist } from "../support/chain.ts";

/** @returns the example conf/NAME.conflist */
export function readExample(name: string): Conflist {
  return JSON.parse(readFileSync(`conf/${name}.conflist`, "utf8"));
}

/** @returns the addresses of an ADD result, without prefix lengths */
export function addressesOf(result: { readonly [key: string]: unknown }): string[] {
  const ips = Array.isArray(result["ips"]) ? result["ips"] : [];
  return ips.map(({ address }: { address: string }) => address.replace(/\/.*/, ""));
}
