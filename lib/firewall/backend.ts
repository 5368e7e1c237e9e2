import type { Backend } from "./store.ts";

export type { Backend } from "./store.ts";

export function isBackend(text: string): text is Backend {
  return text === "nftables" || text === "iptables";
}
