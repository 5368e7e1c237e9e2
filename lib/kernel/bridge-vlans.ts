import type { Connection } from "../netlink/connection.ts";
import {
  decodePortVlans,
  encodeAddPortVlans,
  encodeDeletePortVlans,
  encodeListPortVlans,
  type PortVlan,
} from "../netlink/route/bridge-vlans.ts";
import type { LinkRef } from "./links.ts";

export type { PortVlan } from "../netlink/route/bridge-vlans.ts";

/** The VLANs of one namespace's bridge ports: what `bridge vlan` shows and does. */
export class BridgeVlans {
  readonly #connection: () => Connection;

  constructor(connection: () => Connection) {
    this.#connection = connection;
  }

  /** In the order of their numbers. */
  list(port: LinkRef): readonly PortVlan[] {
    const ports = this.#connection().dump(encodeListPortVlans()).map(decodePortVlans);
    return ports.filter(({ portIndex }) => portIndex === port.index).flatMap(({ vlans }) => vlans);
  }

  add(port: LinkRef, vlans: readonly PortVlan[]): void {
    if (vlans.length === 0) return;
    this.#connection().request(encodeAddPortVlans(port.index, port.name, vlans));
  }

  delete(port: LinkRef, ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.#connection().request(encodeDeletePortVlans(port.index, port.name, ids));
  }
}
