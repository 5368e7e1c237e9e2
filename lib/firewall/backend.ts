import type { Netns } from "../kernel/netns.ts";
import { chooseBackend, withEngine } from "./engine.ts";
import type { Backend } from "./store.ts";

export type { Backend } from "./store.ts";

export function isBackend(text: string): text is Backend {
  return text === "nftables" || text === "iptables";
}

/**
 * For STATUS: whether rules can be made here, by the backend that is wanted or by any.
 *
 * @throws {UnusableBackendError}
 */
export function expectBackend(host: Netns, wanted: Backend | undefined): void {
  withEngine(host, (engine) => chooseBackend(engine, wanted));
}
