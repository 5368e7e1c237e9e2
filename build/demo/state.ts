import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Lab } from "../../test/support/lab.ts";
import type { Namespace } from "../../test/support/namespace.ts";

/** What `ip -d -j address` says of a link, as far as the drawing shows it. */
interface LinkState {
  readonly ifindex: number;
  readonly ifname: string;
  readonly address?: string;
  readonly mtu: number;
  readonly operstate: string;
  readonly master?: string;
  readonly link_index?: number;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info: readonly { local: string; prefixlen: number; scope: string }[];
}

export interface Bridge {
  readonly name: string;
  readonly mtu: number;
  readonly addresses: readonly string[];
}

/** A container and the cable that connects it. */
export interface Pod {
  readonly name: string;
  readonly ifName: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  /** Default routes, as in "default via 10.1.0.1". */
  readonly routes: readonly string[];
  /** The cable's end on the host; undefined when it is not plugged in. */
  readonly hostEnd: string | undefined;
}

/** One of host-local's reservations. */
export interface Lease {
  readonly address: string;
  readonly file: string;
  readonly containerId: string;
  readonly ifName: string;
}

/** The host's link to the world, and the machine at its other end. */
export interface Uplink {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly far: { readonly name: string; readonly addresses: readonly string[] };
}

/** A port of the host that leads into a container. */
export interface PublishedPort {
  readonly protocol: string;
  readonly port: number;
  readonly address: string;
  readonly containerPort: number;
}

export interface State {
  readonly uplink: Uplink | undefined;
  readonly bridges: readonly Bridge[];
  readonly pods: readonly Pod[];
  readonly leases: readonly Lease[];
  readonly ports: readonly PublishedPort[];
}

/**
 * Reads what exists now, from the kernel and the disk, with other programs than the plugins.
 *
 * @param world the machine at the other end of the host's uplink
 */
export function readState(
  lab: Lab,
  containers: readonly Namespace[],
  world: Namespace | undefined,
): State {
  const hostLinks = readLinks(lab.host);
  return {
    uplink: world === undefined ? undefined : readUplink(hostLinks, world),
    bridges: hostLinks.filter(isBridge).map(({ ifname, mtu, addr_info }) => ({
      name: ifname,
      mtu,
      addresses: globalAddresses(addr_info),
    })),
    pods: containers.map((container) => readPod(container, hostLinks)),
    leases: readLeases(lab.dataDir),
    ports: readPorts(lab.host),
  };
}

function readUplink(hostLinks: readonly LinkState[], world: Namespace): Uplink | undefined {
  const links = readLinks(world).filter(({ linkinfo }) => linkinfo?.info_kind === "veth");
  const near = hostLinks.find(({ ifindex }) => ifindex === links[0]?.link_index);
  if (near === undefined) return undefined;
  const addresses = links.flatMap(({ addr_info }) => globalAddresses(addr_info));
  return {
    name: near.ifname,
    addresses: globalAddresses(near.addr_info),
    far: { name: world.role, addresses },
  };
}

function readLinks(namespace: Namespace): LinkState[] {
  return JSON.parse(namespace.exec("ip", "-d", "-j", "address", "show"));
}

function isBridge({ linkinfo }: LinkState): boolean {
  return linkinfo?.info_kind === "bridge";
}

/** Without the link-local addresses that every IPv6 link has. */
function globalAddresses(addresses: LinkState["addr_info"]): string[] {
  return addresses
    .filter(({ scope }) => scope === "global")
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

function readPod(container: Namespace, hostLinks: readonly LinkState[]): Pod {
  const link = readLinks(container).find(({ linkinfo }) => linkinfo?.info_kind === "veth");
  const routes = ["-4", "-6"].flatMap((family) =>
    container.ip(family, "route", "show", "default").map(({ gateway }) => `default via ${gateway}`),
  );
  return {
    name: container.role,
    ifName: link?.ifname ?? "",
    mac: link?.address ?? "",
    addresses: globalAddresses(link?.addr_info ?? []),
    routes,
    hostEnd: hostLinks.find(({ ifindex }) => ifindex === link?.link_index)?.ifname,
  };
}

/** A reservation is a file named after its address: container ID and interface, a line each. */
function readLeases(dataDir: string): Lease[] {
  if (!existsSync(dataDir)) return [];
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[0-9a-f.:]+$/.test(entry.name))
    .map((entry) => {
      const file = `${entry.parentPath}/${entry.name}`;
      const [containerId = "", ifName = ""] = readFileSync(file, "utf8").split(/\r?\n/);
      return { address: entry.name, file, containerId, ifName };
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** The maps that portmap's rules look destinations up in. */
function readPorts(host: Namespace): PublishedPort[] {
  return ["ports_of_any_ip", "ports_of_any_ip6"].flatMap((map) => {
    const argv = ["nft", "-j", "list", "map", "inet", "patchbay", map];
    const { exitCode, stdout } = host.tryExec(argv);
    if (exitCode !== 0) return []; // nothing has ever been published
    const listing: { nftables: { map?: { elem?: NftElement[] } }[] } = JSON.parse(stdout);
    return listing.nftables.flatMap((each) => each.map?.elem ?? []).map(describePort);
  });
}

interface NftConcatenation {
  readonly concat: readonly [string, string | number, ...(string | number)[]];
}

type NftElement = readonly [
  NftConcatenation | { readonly elem: { readonly val: NftConcatenation } },
  NftConcatenation,
];

function describePort([key, { concat: target }]: NftElement): PublishedPort {
  const [protocol, port] = ("elem" in key ? key.elem.val : key).concat;
  return {
    protocol,
    port: Number(port),
    address: target[0],
    containerPort: Number(target[1]),
  };
}
