import type { Cidr } from "../ip/cidr.ts";
import { isSameCidr } from "../ip/cidr.ts";
import type { Connection } from "../netlink/connection.ts";
import {
  decodeAddress,
  encodeAddAddress,
  encodeDeleteAddress,
  encodeListAddresses,
  type LinkAddress,
  type NewAddress,
} from "../netlink/route/addresses.ts";
import { isErrno } from "../sys/errno.ts";
import type { LinkRef } from "./links.ts";

export type { LinkAddress, NewAddress } from "../netlink/route/addresses.ts";

/** include/uapi/linux/rtnetlink.h */
const RTNLGRP_IPV6_IFADDR = 9;

/** The addresses of one namespace's links: what `ip address` shows and does. */
export class Addresses {
  readonly #connection: () => Connection;
  readonly #openConnection: () => Connection;

  /** @param openConnection opens another one, to listen to events with */
  constructor(connection: () => Connection, openConnection: () => Connection) {
    this.#connection = connection;
    this.#openConnection = openConnection;
  }

  list(link: LinkRef): LinkAddress[] {
    const messages = this.#connection().dump(encodeListAddresses(link.index));
    return messages
      .map(decodeAddress)
      .filter((address) => address !== undefined)
      .filter(({ linkIndex }) => linkIndex === link.index);
  }

  /** @throws {NetlinkError} EEXIST when the link has it already */
  add(link: LinkRef, ...addresses: NewAddress[]): void {
    const requests = addresses.map((address) => encodeAddAddress(link.index, address));
    this.#connection().request(...requests);
  }

  /** @throws {NetlinkError} EADDRNOTAVAIL when the link does not have it */
  delete(link: LinkRef, cidr: Cidr): void {
    this.#connection().request(encodeDeleteAddress(link.index, cidr));
  }

  /** Deletes an address unless it, or the link, is gone already. */
  remove(link: LinkRef, cidr: Cidr): void {
    try {
      this.delete(link, cidr);
    } catch (error) {
      if (!isErrno(error, "EADDRNOTAVAIL", "ENODEV")) throw error;
    }
  }

  /**
   * Waits until duplicate address detection has decided about every IPv6 address of the link.
   *
   * @param timeout in milliseconds
   * @returns the addresses as last seen; still tentative ones when the time was too short
   */
  waitUntilSettled(link: LinkRef, timeout: number): LinkAddress[] {
    const events = this.#openConnection();
    try {
      events.subscribe(RTNLGRP_IPV6_IFADDR);
      const deadline = performance.now() + timeout;
      let latest = this.list(link);
      while (latest.some(isUndecided) && events.nextEvents(deadline) !== undefined) {
        latest = this.list(link);
      }
      return latest;
    } finally {
      events.close();
    }
  }

  has(link: LinkRef, cidr: Cidr): boolean {
    return this.list(link).some((address) => isSameCidr(address.cidr, cidr));
  }
}

function isUndecided({ isTentative, isDuplicate }: LinkAddress): boolean {
  return isTentative && !isDuplicate;
}
