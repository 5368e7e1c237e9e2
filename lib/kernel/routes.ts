import { type Address, formatAddress } from "../ip/address.ts";
import type { Connection } from "../netlink/connection.ts";
import type { NetlinkMessage } from "../netlink/message.ts";
import {
  decodeRoute,
  encodeAddRoute,
  encodeDeleteRoute,
  encodeGetRoute,
  encodeListRoutes,
  type KernelRoute,
  type Route,
  type RouteConflict,
  RT_TABLE_MAIN,
} from "../netlink/route/routes.ts";
import { isErrno, isNotFound } from "../sys/errno.ts";

export type { KernelRoute, NextHop, Route, RouteConflict } from "../netlink/route/routes.ts";
export { RT_TABLE_MAIN } from "../netlink/route/routes.ts";

/** The routes of one namespace: what `ip route` shows and does. */
export class Routes {
  readonly #connection: () => Connection;

  constructor(connection: () => Connection) {
    this.#connection = connection;
  }

  /** @param table all tables when absent */
  list(family: 4 | 6, table?: number): KernelRoute[] {
    return this.#dump(family, table)
      .map(decodeRoute)
      .filter((route) => route !== undefined)
      .filter((route) => table === undefined || route.table === table);
  }

  #dump(family: 4 | 6, table: number | undefined): NetlinkMessage[] {
    try {
      return this.#connection().dump(encodeListRoutes(family, table));
    } catch (error) {
      // Tables come into being with their first route.
      if (isNotFound(error)) return [];
      throw error;
    }
  }

  /** The route that a packet to `destination` takes, or undefined when there is none. */
  find(destination: Address): KernelRoute | undefined {
    try {
      return decodeRoute(this.#connection().query(encodeGetRoute(destination)));
    } catch (error) {
      if (isErrno(error, "ENETUNREACH", "EHOSTUNREACH", "ENOENT")) return undefined;
      throw error;
    }
  }

  /** The link that the default route leaves through, IPv4 before IPv6. */
  findDefaultLink(): number | undefined {
    for (const family of [4, 6] as const) {
      for (const route of this.list(family, RT_TABLE_MAIN)) {
        if (route.destination.prefixLength > 0) continue;
        const hop = route.nextHops.find(({ linkIndex }) => linkIndex > 0);
        if (hop !== undefined) return hop.linkIndex;
      }
    }
    return undefined;
  }

  /** @param onConflict what to do when there is a route to the same destination already */
  add(routes: readonly Route[], onConflict: RouteConflict): void {
    this.#connection().request(...routes.map((route) => encodeAddRoute(route, onConflict)));
  }

  /** @throws {NetlinkError} ESRCH when there is no such route */
  delete(route: Route): void {
    this.#connection().request(encodeDeleteRoute(route));
  }

  remove(route: Route): void {
    try {
      this.delete(route);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/** Whether one of the route's next hops is `gateway`. */
export function leadsThrough(route: KernelRoute, gateway: Address): boolean {
  const wanted = formatAddress(gateway);
  return route.nextHops.some((hop) => hop.gateway && formatAddress(hop.gateway) === wanted);
}
