import type { Connection } from "../netlink/connection.ts";
import type { NetlinkMessage, NetlinkRequest } from "../netlink/message.ts";
import {
  type Chain,
  decodeChain,
  encodeGetChain,
  encodeListChains,
  type KernelChain,
} from "../netlink/netfilter/chains.ts";
import {
  decodeElements,
  type ElementKey,
  encodeGetElement,
  encodeListElements,
  type KernelElement,
} from "../netlink/netfilter/elements.ts";
import { decodeGeneration, encodeGetGeneration } from "../netlink/netfilter/generation.ts";
import { encodeTransaction, isRemoval } from "../netlink/netfilter/message.ts";
import { decodeRule, encodeListRules, type KernelRule } from "../netlink/netfilter/rules.ts";
import type { NamedSet } from "../netlink/netfilter/sets.ts";
import {
  decodeTable,
  encodeGetTable,
  type KernelTable,
  type Table,
} from "../netlink/netfilter/tables.ts";
import { isErrno, isNotFound } from "../sys/errno.ts";

/** The nftables ruleset of one namespace: what `nft` shows and does. */
export class Nftables {
  readonly #connection: () => Connection;
  #hasRemoved = false;

  constructor(connection: () => Connection) {
    this.#connection = connection;
  }

  /**
   * Whether something was removed here. Until the kernel is done with it, some 10 ms, it lets nobody
   * close a socket to netfilter.
   */
  get hasRemoved(): boolean {
    return this.#hasRemoved;
  }

  /** Whether this kernel has nf_tables. Asking makes it load the module, if there is one. */
  isAvailable(): boolean {
    try {
      this.generation();
      return true;
    } catch (error) {
      // nfnetlink knows no such subsystem.
      if (isErrno(error, "EINVAL", "EOPNOTSUPP", "EPROTONOSUPPORT")) return false;
      throw error;
    }
  }

  /** The number of the ruleset as it is now: every transaction of anybody raises it. */
  generation(): number {
    const generation = decodeGeneration(this.#connection().query(encodeGetGeneration()));
    if (generation === undefined)
      throw new Error("The kernel did not name the ruleset's generation");
    return generation;
  }

  /**
   * Carries out changes as one transaction: all of them, or none. One that fails takes some 10 ms,
   * in which the kernel waits until nobody looks at what has been prepared any more: do not try
   * what a question can tell.
   *
   * @param generation what the changes were worked out from; it must still be the current one
   * @throws {NetlinkError} of the first change that is impossible; {@link isOvertaken} errors when
   *   the ruleset is another one by now
   */
  commit(changes: readonly NetlinkRequest[], generation?: number): void {
    this.#hasRemoved ||= changes.some(isRemoval);
    this.#connection().transact(encodeTransaction(changes, generation));
  }

  hasTable(table: Table): boolean {
    return this.findTable(table) !== undefined;
  }

  findTable(table: Table): KernelTable | undefined {
    const message = this.#find(encodeGetTable(table));
    return message && decodeTable(message);
  }

  listChains(table: Table): KernelChain[] {
    return this.#dump(encodeListChains(table.family))
      .map((message) => decodeChain(message, table))
      .filter((chain) => chain !== undefined);
  }

  hasChain(chain: Chain): boolean {
    return this.findChain(chain) !== undefined;
  }

  findChain(chain: Chain): KernelChain | undefined {
    const message = this.#find(encodeGetChain(chain));
    return message && decodeChain(message, chain.table);
  }

  findElement(set: NamedSet, key: ElementKey): KernelElement | undefined {
    const message = this.#find(encodeGetElement(set, key));
    return message && decodeElements(message)[0];
  }

  /** @returns nothing when there is no such set */
  listElements(set: NamedSet): KernelElement[] {
    return this.#dump(encodeListElements(set)).flatMap(decodeElements);
  }

  /** @returns the rules of a table, or of one chain; nothing when there is no such thing */
  listRules(table: Table, chain?: string): KernelRule[] {
    return this.#dump(encodeListRules(table, chain))
      .map(decodeRule)
      .filter((rule) => rule !== undefined)
      .filter((rule) => chain === undefined || rule.chain === chain);
  }

  #find(request: NetlinkRequest): NetlinkMessage | undefined {
    try {
      return this.#connection().query(request);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #dump(request: NetlinkRequest): NetlinkMessage[] {
    try {
      return this.#connection().dump(request);
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }
}

/** Whether somebody changed the ruleset after it was read: read it again, and try again. */
export function isOvertaken(error: unknown): boolean {
  return isErrno(error, "ERESTART");
}
