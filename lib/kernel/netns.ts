import { Connection, NETLINK_ROUTE } from "../netlink/connection.ts";
import { closeNetns, isSameNetns, type NetnsFile, openNetns, ownNetns } from "../sys/netns.ts";
import { Addresses } from "./addresses.ts";
import { BridgeVlans } from "./bridge-vlans.ts";
import { Links } from "./links.ts";
import { Neighbours } from "./neighbours.ts";
import { Routes } from "./routes.ts";
import { Rules } from "./rules.ts";
import { Sysctls } from "./sysctls.ts";

/**
 * A network namespace: an object, not a mode. Its netlink socket is opened inside the namespace at
 * first use and stays there; nobody who holds a `Netns` ever switches.
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

  get path(): string {
    return this.file.path;
  }

  isSameAs(other: Netns): boolean {
    return isSameNetns(this.file, other.file);
  }

  close(): void {
    this.#connection?.close();
    closeNetns(this.file);
  }
}
