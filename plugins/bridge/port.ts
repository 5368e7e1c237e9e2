import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import { discrepancy } from "../../lib/cni/expectations.ts";
import type { Link } from "../../lib/kernel/links.ts";
import type { Netns } from "../../lib/kernel/netns.ts";
import type { BridgeConfig } from "./config.ts";
import { refuseRouterAdvertisements } from "./device.ts";
import { setPortVlans } from "./vlans.ts";

/** The host end of a container's veth pair: a port of the bridge. */

type PortConfig = Pick<BridgeConfig, "hairpin" | "isolated" | "vlans">;

/** How long the port may take to become operational, in milliseconds; the reference waits as long. */
const PORT_TIMEOUT = 2_550;

/** Treats the port as configured and brings it up. It is the bridge's since it was made. */
export function setUpPort(host: Netns, port: Link, config: PortConfig): void {
  refuseRouterAdvertisements(host, port.name);
  if (config.vlans !== undefined) setPortVlans(host, port, config.vlans);
  const { hairpin, isolated } = config;
  host.links.set(port, { isUp: true, bridgePort: { hairpin, isolated } });
}

/** Until then the bridge drops what the container sends. */
export function waitForPort(host: Netns, port: Link): void {
  const { operState } = host.links.waitUntilOperational(port, PORT_TIMEOUT);
  if (operState === "up") return;
  throw new CniError(
    ErrorCode.internal,
    `bridge port in error state: ${operState}: "${port.name}" carries no packets ` +
      `${PORT_TIMEOUT} ms after both of its ends were brought up`,
  );
}

/** For CHECK. */
export function expectPort(port: Link, bridge: Link, config: PortConfig): void {
  if (port.master !== bridge.index) {
    throw discrepancy(`interface "${port.name}" is not a port of bridge "${bridge.name}"`);
  }
  const { hairpin, isolated } = config;
  const actual = port.bridgePort;
  if (actual === undefined) return;
  if (actual.hairpin !== hairpin) {
    throw discrepancy(`hairpin mode of "${port.name}" is ${actual.hairpin}, not ${hairpin}`);
  }
  if (actual.isolated !== isolated) {
    throw discrepancy(`isolation of "${port.name}" is ${actual.isolated}, not ${isolated}`);
  }
}
