import { randomMac } from "../ip/mac.ts";
import { isAlreadyThere } from "../sys/errno.ts";
import { withUndo } from "../undo.ts";
import type { Link, Links } from "./links.ts";
import type { Netns } from "./netns.ts";

/** A virtual cable between two namespaces: what enters one end leaves the other. */
export interface VethPair {
  readonly hostEnd: Link;
  readonly containerEnd: Link;
}

export interface VethPairSpec {
  readonly host: Netns;
  readonly container: Netns;
  /** The name of the container end. The host end is called "veth" and eight digits. */
  readonly name: string;
  readonly mtu: number | undefined;
  /** Of the container end; random if not given. */
  readonly mac: Uint8Array | undefined;
  /** Index of the bridge that the host end becomes a port of. */
  readonly master?: number;
  /**
   * Whose it is: written on the host end as its alias, and the source of its name, so that
   * {@link findVethsOf} finds it without looking at all links.
   */
  readonly owner: string | undefined;
}

/** The container end's name is taken. */
export class LinkExistsError extends Error {
  override readonly name = "LinkExistsError";
}

const ATTEMPTS = 10;

/**
 * Makes a veth pair in one step: both ends where they belong, neither up, the owner's name on it.
 *
 * The host end is given its MAC address here, random as the kernel's would be: an address that
 * somebody set is one that systemd-udevd leaves alone, and CHECK compares it with ADD's result.
 *
 * @throws {LinkExistsError} when the container has a link of that name
 * @throws {NetlinkError}
 */
export function createVethPair(spec: VethPairSpec): VethPair {
  const { host, container } = spec;
  const name = createNamed(spec);
  return withUndo((undo) => {
    undo.push(`delete veth pair "${name}"`, () => removeOwn(name, spec));
    return { hostEnd: host.links.get(name), containerEnd: container.links.get(spec.name) };
  });
}

/** @returns the name of the host end */
function createNamed(spec: VethPairSpec): string {
  for (let attempt = 0; ; attempt++) {
    const name = hostEndName(spec.owner, attempt);
    const cause = tryCreate(name, spec);
    if (cause === undefined) return name;
    // The kernel does not say which of the two names is taken.
    if (spec.container.links.find(spec.name) !== undefined || attempt === ATTEMPTS - 1) {
      throw new LinkExistsError(
        `container veth name ("${spec.name}") peer provided ("${name}") already exists`,
        { cause },
      );
    }
  }
}

/** @returns why not, when one of the names is taken */
function tryCreate(name: string, spec: VethPairSpec): unknown {
  // Asked first, since somebody else's link of that name would be given the alias.
  const existing = spec.owner === undefined ? undefined : spec.host.links.find(name);
  if (existing !== undefined) return existing;
  return withUndo((undo) => {
    // It may be there nevertheless: what fails can be the answer rather than the request.
    undo.push(`delete veth pair "${name}"`, () => removeOwn(name, spec));
    try {
      spec.host.links.create(describePair(name, spec));
      return undefined;
    } catch (error) {
      if (isAlreadyThere(error)) return error;
      throw error;
    }
  });
}

function removeOwn(name: string, { host, owner }: VethPairSpec): void {
  const link = host.links.find(name);
  if (link?.kind === "veth" && link.alias === (owner ?? "")) host.links.remove(link);
}

function describePair(name: string, spec: VethPairSpec): Parameters<Links["create"]>[0] {
  const { container, mtu, mac, master, owner } = spec;
  return {
    kind: "veth",
    name,
    ...(owner !== undefined && { alias: owner }),
    mac: randomMac(),
    ...(mtu !== undefined && { mtu }),
    ...(master !== undefined && { master }),
    peer: {
      name: spec.name,
      netnsFd: container.file.fd,
      ...(mtu !== undefined && { mtu }),
      ...(mac !== undefined && { mac }),
    },
  };
}

/** @returns the host ends of this owner's veth pairs, wherever their other ends are */
export function findVethsOf(host: Netns, owner: string): Link[] {
  const found: Link[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const link = host.links.find(hostEndName(owner, attempt));
    if (link === undefined) break;
    // Somebody else's may have the name by chance.
    if (link.kind === "veth" && link.alias === owner) found.push(link);
  }
  return found;
}

/** @returns a name such as "veth0a1b2c3d": the owner's own, or random for what has none */
export function hostEndName(owner: string | undefined, attempt: number): string {
  const number = owner === undefined ? randomNumber() : hash32(`${owner}#${attempt}`);
  return `veth${number.toString(16).padStart(8, "0")}`;
}

function randomNumber(): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number;
}

/** FNV-1a of 32 bits: spreads names well, and costs nothing to load. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash >>> 0;
}
