import { Connection, NETLINK_NETFILTER, NETLINK_ROUTE } from "../netlink/connection.ts";
import { closeNetns, isSameNetns, type NetnsFile, openNetns, ownNetns } from "../sys/netns.ts";
import { Addresses } from "./addresses.ts";
import { BridgeVlans } from "./bridge-vlans.ts";
import type { Conntrack } from "./conntrack.ts";
import { Links } from "./links.ts";
import { Neighbours } from "./neighbours.ts";
import type { Nftables } from "./nftables.ts";
import { Routes } from "./routes.ts";
import { Rules } from "./rules.ts";
import { Sysctls } from "./sysctls.ts";

/**
 * A network namespace: an object, not a mode. Its netlink sockets are opened inside the namespace at
 * first use and stay there; nobody who holds a `Netns` ever switches.
 */
export class Netns {
  readonly file: NetnsFile;
  readonly links: Links;
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly rules: Rules;
  readonly neighbours: Neighbours;
  readonly bridgeVlans: BridgeVlans;
  readonly sysctls: Sysctls;
  #connection: Connection | undefined;
  #netfilter: Connection | undefined;
  #nftables: Nftables | undefined;
  #conntrack: Conntrack | undefined;

  private constructor(file: NetnsFile) {
    this.file = file;
    const open = () => Connection.open(NETLINK_ROUTE, file);
    const connection = () => {
      this.#connection ??= open();
      return this.#connection;
    };
    this.links = new Links(connection, open);
    this.addresses = new Addresses(connection, open);
    this.routes = new Routes(connection);
    this.rules = new Rules(connection);
    this.neighbours = new Neighbours(connection);
    this.bridgeVlans = new BridgeVlans(connection);
    this.sysctls = new Sysctls(file);
  }

  /**
   * Opens the namespace at `path`.
   *
   * @throws {SyscallError} ENOENT when there is nothing at `path`
   * @throws {NotANamespaceError} when it is something else
   */
  static open(path: string): Netns {
    return new Netns(openNetns(path));
  }

  /** Opens the namespace that this process was started in. */
  static own(): Netns {
    return new Netns(ownNetns());
  }

  /** Loaded at first use: most plugins have none. */
  get nftables(): Nftables {
    const { Nftables }: typeof import("./nftables.ts") = require("./nftables.ts");
    this.#nftables ??= new Nftables(() => this.#openNetfilter());
    return this.#nftables;
  }

  /** Loaded at first use. */
  get conntrack(): Conntrack {
    const { Conntrack }: typeof import("./conntrack.ts") = require("./conntrack.ts");
    this.#conntrack ??= new Conntrack(this.file, () => this.#openNetfilter());
    return this.#conntrack;
  }

  #openNetfilter(): Connection {
    this.#netfilter ??= Connection.open(NETLINK_NETFILTER, this.file);
    return this.#netfilter;
  }

  get path(): string {
    return this.file.path;
  }

  isSameAs(other: Netns): boolean {
    return isSameNetns(this.file, other.file);
  }

  close(): void {
    this.#connection?.close();
    this.#netfilter?.close({ inBackground: this.#nftables?.hasRemoved === true });
    closeNetns(this.file);
  }
}
