import type { Connection } from "../netlink/connection.ts";
import {
  decodeFlow,
  encodeDeleteFlow,
  encodeListFlows,
  type Flow,
  type FlowFilter,
} from "../netlink/netfilter/flows.ts";
import { isErrno, isNotFound } from "../sys/errno.ts";

export type { Flow } from "../netlink/netfilter/flows.ts";

/** The connections that one namespace keeps track of: what `conntrack` shows and does. */
export class Conntrack {
  readonly #connection: () => Connection;

  constructor(connection: () => Connection) {
    this.#connection = connection;
  }

  /** @returns the flows that were first sent to this port; none without connection tracking */
  list(filter: FlowFilter): Flow[] {
    return this.#dump(filter)
      .map(decodeFlow)
      .filter((flow) => flow !== undefined)
      .filter(
        ({ original }) =>
          original.protocol === filter.protocol && original.destinationPort === filter.port,
      );
  }

  #dump(filter: FlowFilter) {
    try {
      return this.#connection().dump(encodeListFlows(filter));
    } catch (error) {
      // A kernel without nf_conntrack_netlink.
      if (isErrno(error, "EINVAL", "EOPNOTSUPP")) return [];
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
}
