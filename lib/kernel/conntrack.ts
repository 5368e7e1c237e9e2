import { type Address, addressToBytes, formatAddress } from "../ip/address.ts";
import type { Connection } from "../netlink/connection.ts";
import {
  addressesOf,
  encodeDeleteFlows,
  encodeListFlows,
  type FlowFilter,
  fits,
  isExact,
  quickLook,
} from "../netlink/netfilter/flow-filters.ts";
import {
  decodeFlow,
  decodeFlowCount,
  encodeDeleteFlow,
  encodeGetFlowCount,
  type Flow,
} from "../netlink/netfilter/flows.ts";
import { isErrno, isNotFound } from "../sys/errno.ts";
import { readFileSync } from "../sys/fs.ts";
import { insideNetns, type NetnsFile } from "../sys/netns.ts";

export type { FlowFilter } from "../netlink/netfilter/flow-filters.ts";
export type { Flow } from "../netlink/netfilter/flows.ts";

/** Among how many flows the kernel's own filter is done without. */
const MOST_LISTED = 20_000;

/** The connections that one namespace keeps track of: what `conntrack` shows and does. */
export class Conntrack {
  readonly #netns: NetnsFile;
  readonly #connection: () => Connection;

  constructor(netns: NetnsFile, connection: () => Connection) {
    this.#netns = netns;
    this.#connection = connection;
  }

  /**
   * However few flows there are, a list takes the kernel 10 ms where there is room for many: it
   * locks each of 262,144 buckets, those of all namespaces. Where there are none, it is not asked.
   *
   * @returns the flows that fit; none without connection tracking
   */
  list(filter: FlowFilter): Flow[] {
    return this.#count() === 0 ? [] : this.#list(filter, [filter]);
  }

  /** @param request what the kernel looks at, which may be less than is wanted */
  #list(request: FlowFilter, wanted: readonly FlowFilter[]): Flow[] {
    return this.#connection()
      .dump(encodeListFlows(request))
      .filter(quickLook(wanted))
      .map(decodeFlow)
      .filter((flow) => flow !== undefined)
      .filter((flow) => wanted.some((filter) => fits(flow, filter)));
  }

  #count(): number {
    try {
      return decodeFlowCount(this.#connection().query(encodeGetFlowCount())) ?? 0;
    } catch (error) {
      if (isUnknown(error)) return 0; // a kernel without nf_conntrack_netlink
      throw error;
    }
  }

  remove(flow: Flow): void {
    try {
      this.#connection().request(encodeDeleteFlow(flow));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /**
   * Removes the flows that fit one of the filters. Those of IPv4 addresses the kernel removes by
   * itself, since 6.12. For each filter it looks at all flows: 0.3 ms at 1,000, 20 ms at 100,000.
   * Those of IPv6 addresses, if there are any, must be found among all of the family, at 4 ms for
   * 1,000: where there are very many flows, they are left to their timeouts.
   */
  removeAll(filters: readonly FlowFilter[]): void {
    const exact = filters.filter(isExact);
    try {
      this.#connection().request(...exact.map(encodeDeleteFlows));
    } catch (error) {
      if (!isUnknown(error)) throw error;
      for (const filter of exact) for (const flow of this.list(filter)) this.remove(flow);
    }
    const inexact = filters.filter((filter) => !isExact(filter));
    for (const flow of this.#listInexact(inexact)) this.remove(flow);
  }

  #listInexact(filters: readonly FlowFilter[]): Flow[] {
    const [filter] = filters;
    if (filter === undefined) return [];
    const count = this.#count();
    if (count === 0 || count > MOST_LISTED || !this.#mentions(filters)) return [];
    return this.#list({ family: filter.family }, filters);
  }

  /**
   * Whether an address is in the text that the kernel has for people. For that it locks nothing,
   * and a container that has no flows costs 0.3 ms instead of a list.
   */
  #mentions(filters: readonly FlowFilter[]): boolean {
    const text = insideNetns(this.#netns, readFlowText);
    const addresses = filters.flatMap(addressesOf).map(spellOut);
    return text === undefined || addresses.some((address) => text.includes(`=${address} `));
  }
}

/** @returns undefined when this kernel has none, or not for everybody */
function readFlowText(): string | undefined {
  try {
    return readFileSync("/proc/thread-self/net/nf_conntrack", "latin1");
  } catch (error) {
    if (isNotFound(error) || isErrno(error, "EACCES", "EPERM")) return undefined;
    throw error;
  }
}

/** @returns an address as the kernel writes it there: fd00:0088:0000:… */
function spellOut(address: Address): string {
  if (address.family === 4) return formatAddress(address);
  const digits = addressToBytes(address).toString("hex");
  return digits.match(/.{4}/g)?.join(":") ?? digits;
}

/** What kernels say that do not know a request, or not this kind of it. */
function isUnknown(error: unknown): boolean {
  return isErrno(error, "EINVAL", "EOPNOTSUPP");
}
