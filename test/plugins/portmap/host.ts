import type { Lab } from "../../support/lab.ts";
import type { Namespace } from "../../support/namespace.ts";
import type { Json, Outcome } from "../../support/outcome.ts";
import { publish } from "./networks.ts";

/** What a plugin before portmap has left: a bridge, and a result that tells the addresses. */
export function makeBridge(lab: Lab): void {
  lab.host.shell(`
    ip link add cni0 type bridge
    ip address add 10.88.0.1/24 dev cni0
    ip address add fd00:88::1/64 dev cni0 nodad
    ip link set cni0 up
  `);
}

/** One container of a network whose only plugin of interest is portmap. */
export interface Published {
  readonly container: Namespace;
  readonly network?: string;
  readonly ifName?: string;
  readonly containerId?: string;
  /** The last part of its addresses. */
  readonly number?: number;
  readonly ports?: readonly string[];
  /** More keys of the configuration. */
  readonly config?: Json;
}

/** @returns the configuration that a runtime passes */
export function configOf(published: Published): Json {
  const { container, network = "web", ifName = "eth0", number = 2, ports = [] } = published;
  const cniVersion = published.config?.["cniVersion"] ?? "1.1.0";
  return {
    cniVersion,
    name: network,
    type: "portmap",
    ...(ports.length > 0 && { runtimeConfig: publish(...ports).capabilities }),
    prevResult: {
      cniVersion,
      interfaces: [{ name: ifName, sandbox: container.path }],
      ips: [
        { address: `10.88.0.${number}/24`, interface: 0 },
        { address: `fd00:88::${number}/64`, interface: 0 },
      ],
    },
    ...published.config,
  };
}

type Verb = "ADD" | "CHECK" | "DEL";

export function call(lab: Lab, verb: Verb, published: Published, cniPath?: string): Outcome {
  const { container, ifName, containerId } = published;
  return lab.cni(verb, "portmap", configOf(published), {
    container,
    ...(ifName !== undefined && { ifName }),
    ...(containerId !== undefined && { containerId }),
    ...(cniPath !== undefined && { cniPath }),
  });
}

/** @throws when the call fails */
export function succeed(lab: Lab, verb: Verb, published: Published, cniPath?: string): void {
  const { exitCode, error, stderr } = call(lab, verb, published, cniPath);
  if (exitCode !== 0) throw new Error(`${verb} failed: ${error?.["msg"]}${stderr}`);
}

/** @returns the ruleset in nft's words */
export function ruleset(lab: Lab): string {
  return lab.host.exec("nft", "--stateless", "list", "ruleset");
}

/** An element of one of our sets and maps. */
export interface Element {
  readonly set: string;
  readonly key: unknown;
  readonly value: unknown;
  readonly comment: string;
}

/** @returns the elements of our table that have a comment, as nft lists them */
export function elements(lab: Lab): Element[] {
  const { nftables }: Json = JSON.parse(lab.host.exec("nft", "-j", "list", "ruleset"));
  return nftables.flatMap((object: Json) => {
    const set: Json = object["set"] ?? object["map"] ?? {};
    return (set["elem"] ?? []).flatMap((entry: Json | [Json, Json]) => {
      const [key, value] = Array.isArray(entry) ? entry : [entry, undefined];
      const { val, comment } = key?.["elem"] ?? {};
      return comment === undefined ? [] : [{ set: set["name"], key: val, value, comment }];
    });
  });
}
