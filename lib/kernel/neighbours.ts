import type { Address } from "../ip/address.ts";
import type { Connection } from "../netlink/connection.ts";
import {
  decodeNeighbour,
  encodeDeleteNeighbour,
  encodeListNeighbours,
  type Neighbour,
} from "../netlink/route/neighbours.ts";
import { isNotFound } from "../sys/errno.ts";
import type { LinkRef } from "./links.ts";

export type { Neighbour } from "../netlink/route/neighbours.ts";

/** Whose MAC addresses one namespace knows: what `ip neighbour` shows and does. */
export class Neighbours {
  readonly #connection: () => Connection;

  constructor(connection: () => Connection) {
    this.#connection = connection;
  }

  list(link: LinkRef): Neighbour[] {
    const messages = this.#connection().dump(encodeListNeighbours(link.index));
    return messages.map(decodeNeighbour).filter((neighbour) => neighbour !== undefined);
  }

  /** Forgets who has `address`, so that the next packet asks anew. */
  remove(link: LinkRef, address: Address): void {
    try {
      this.#connection().request(encodeDeleteNeighbour(link.index, address));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
