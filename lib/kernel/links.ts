import type { Connection } from "../netlink/connection.ts";
import type { LinkAttributes } from "../netlink/route/link-attributes.ts";
import type { LinkKind } from "../netlink/route/link-kinds.ts";
import { decodeLink, type Link } from "../netlink/route/link-state.ts";
import {
  encodeChangeLink,
  encodeConfigureKind,
  encodeCreateLink,
  encodeDeleteLink,
  encodeGetLink,
  encodeSetAlias,
  type LinkChange,
} from "../netlink/route/links.ts";
import { isNotFound } from "../sys/errno.ts";
import { readFileSync } from "../sys/fs.ts";

export type { LinkAttributes } from "../netlink/route/link-attributes.ts";
export type { LinkKind } from "../netlink/route/link-kinds.ts";
export type { Link, OperState } from "../netlink/route/link-state.ts";
export type { LinkChange } from "../netlink/route/links.ts";

/** Names a link: by itself, or by what is known of it. */
export type LinkRef = Pick<Link, "index" | "name">;

const RTNLGRP_LINK = 1; // include/uapi/linux/rtnetlink.h

/** The links of one network namespace: what `ip link` shows and does. */
export class Links {
  readonly #connection: () => Connection;
  readonly #openConnection: () => Connection;

  /** @param openConnection opens another one, to listen to events with */
  constructor(connection: () => Connection, openConnection: () => Connection) {
    this.#connection = connection;
    this.#openConnection = openConnection;
  }

  /** @throws {NetlinkError} ENODEV when there is none */
  get(wanted: string | number): Link {
    const link = decodeLink(this.#connection().query(encodeGetLink(wanted)));
    if (link === undefined) throw new Error(`The kernel did not describe link "${wanted}"`);
    return link;
  }

  find(wanted: string | number): Link | undefined {
    try {
      return this.get(wanted);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  list(): Link[] {
    const messages = this.#connection().dump(encodeGetLink(undefined));
    return messages.map(decodeLink).filter((link) => link !== undefined);
  }

  /**
   * Makes a link; with `netnsFd`, in another namespace. An alias is set by a second request in the
   * same send, so that nobody can be killed between the two; when the name is taken, whatever has it
   * gets the alias.
   *
   * @throws {NetlinkError} EEXIST when the name is taken
   */
  create(spec: LinkAttributes & LinkKind): void {
    const { name, alias } = spec;
    const isComplete = name === undefined || alias === undefined;
    this.#connection().request(
      encodeCreateLink(spec),
      ...(isComplete ? [] : [encodeSetAlias(name, alias)]),
    );
  }

  /** Changes all that `change` names, in one request. */
  set(link: LinkRef, change: LinkChange): void {
    this.#connection().request(encodeChangeLink(link.index, link.name, change));
  }

  /**
   * Whether somebody set the link's MAC address, so that the kernel will not change it: which only
   * sysfs tells (NET_ADDR_SET in include/uapi/linux/netdevice.h).
   *
   * @returns false where sysfs does not show this namespace
   */
  hasOwnMac({ name }: LinkRef): boolean {
    const NET_ADDR_SET = "3";
    try {
      return (
        readFileSync(`/sys/class/net/${name}/addr_assign_type`, "utf8").trim() === NET_ADDR_SET
      );
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** Changes what only links of its kind have, such as a bridge's VLAN filtering. */
  configureKind(link: LinkRef, kind: LinkKind): void {
    this.#connection().request(encodeConfigureKind(link.index, link.name, kind));
  }

  /** @throws {NetlinkError} ENODEV when it is gone */
  delete(link: LinkRef): void {
    this.#connection().request(encodeDeleteLink(link.index, link.name));
  }

  /** Deletes a link unless it is gone already. */
  remove(link: LinkRef): void {
    try {
      this.delete(link);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /**
   * Waits until a link is operational: up, and with a carrier that the kernel has taken note of.
   * Only then does it carry packets.
   *
   * @param timeout in milliseconds
   * @returns the link as last seen, which is not up when the time was too short
   */
  waitUntilOperational(link: LinkRef, timeout: number): Link {
    const now = this.get(link.index);
    if (now.operState === "up") return now;
    const events = this.#openConnection();
    try {
      events.subscribe(RTNLGRP_LINK);
      const deadline = performance.now() + timeout;
      // Asked once more, for what happened before the subscription.
      let latest = this.get(link.index);
      while (latest.operState !== "up" && events.nextEvents(deadline) !== undefined) {
        latest = this.get(link.index);
      }
      return latest;
    } finally {
      events.close();
    }
  }
}
