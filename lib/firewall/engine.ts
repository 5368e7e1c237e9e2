import type { Netns } from "../kernel/netns.ts";
import { UnusableBackendError } from "./errors.ts";
import { hasIptables } from "./iptables/programs.ts";
import { type Iptables, openIptables } from "./iptables/rules.ts";
import { openRuleset, type Ruleset } from "./nft/ruleset.ts";
import type { Backend } from "./store.ts";

/** Both makers of rules in one namespace. */
export interface Engine {
  readonly host: Netns;
  /** Undefined where the kernel has no nf_tables. */
  readonly nftables: Ruleset | undefined;
  readonly iptables: Iptables;
}

export function engineOf(host: Netns): Engine {
  const nft = host.nftables.isAvailable() ? host.nftables : undefined;
  return { host, nftables: nft && openRuleset(host), iptables: openIptables(host, nft) };
}

/** @throws {UnusableBackendError} when the kernel has no nf_tables */
export function requireNftables({ nftables }: Engine): Ruleset {
  if (nftables !== undefined) return nftables;
  throw new UnusableBackendError(
    'The kernel has no nf_tables: load the module "nf_tables", or set the backend to "iptables"',
  );
}

/**
 * Chooses who makes rules: whoever is wanted; nftables, unless this kernel has none, where nobody
 * is.
 *
 * @throws {UnusableBackendError} when the chosen one cannot
 */
export function chooseBackend(engine: Engine, wanted: Backend | undefined): Backend {
  if (wanted === "nftables" || (wanted === undefined && engine.nftables !== undefined)) {
    requireNftables(engine);
    return "nftables";
  }
  if (hasIptables()) return "iptables";
  throw new UnusableBackendError(
    wanted === "iptables"
      ? 'The program "iptables-restore" is not installed: install iptables, or set the backend to ' +
          '"nftables"'
      : 'The kernel has no nf_tables, and the program "iptables-restore" is not installed: load ' +
          'the module "nf_tables", or install iptables',
  );
}

/**
 * For STATUS: whether rules can be made here, by the backend that is wanted or by any.
 *
 * @throws {UnusableBackendError}
 */
export function expectBackend(host: Netns, wanted: Backend | undefined): void {
  chooseBackend(engineOf(host), wanted);
}
