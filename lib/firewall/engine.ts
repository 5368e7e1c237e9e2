import type { Netns } from "../kernel/netns.ts";
import { Nftables } from "../kernel/nftables.ts";
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

/** Runs `work` with a socket to nf_tables, which is asked for what iptables has, too. */
export function withEngine<T>(host: Netns, work: (engine: Engine) => T): T {
  const nft = Nftables.open(host.file);
  try {
    const available = nft.isAvailable() ? nft : undefined;
    return work({
      host,
      nftables: available && openRuleset(host, available),
      iptables: openIptables(host, available),
    });
  } finally {
    nft.close();
  }
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
