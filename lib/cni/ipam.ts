import type { Result } from "./result.ts";

/**
 * The IPAM plugin of a network, as the plugin that delegates to it sees it. Errors keep the code
 * that the IPAM plugin gave them.
 */
export interface Ipam {
  /** @returns the lease: `ips` without `interface`, `routes`, `dns`; never `interfaces` */
  add(): Result;
  /** Throws what differs from what ADD granted. */
  check(): void;
  del(): void;
  gc(): void;
  /** Throws when no address could be granted. */
  status(): void;
}

/** What a network without `ipam.type` has: every lease is empty. */
export const noIpam: Ipam = {
  add: () => ({}),
  check: () => {},
  del: () => {},
  gc: () => {},
  status: () => {},
};
