import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import { discrepancy } from "../../lib/cni/expectations.ts";
import type { Lease } from "../../lib/cni/lease.ts";
import type { AddRequest, Attachment, GcRequest } from "../../lib/cni/plugin.ts";
import type { Result } from "../../lib/cni/result.ts";
import { MissingRulesError, UnusableBackendError } from "../../lib/firewall/errors.ts";
import { formatCidr } from "../../lib/ip/cidr.ts";
import { parseMac } from "../../lib/ip/mac.ts";
import type { Netns } from "../../lib/kernel/netns.ts";
import type { VethPair } from "../../lib/kernel/veth.ts";
import { attemptAll, type Undo } from "../../lib/undo.ts";
import type { BridgeConfig } from "./config.ts";

/** `ipMasq` and `macspoofchk`: the rules that go with a container's port. */

/** Most of this plugin's code is there, and most networks have no use for it when they ADD. */
function loadFirewall() {
  const antiSpoofing: typeof import("../../lib/firewall/anti-spoofing.ts") =
    require("../../lib/firewall/anti-spoofing.ts");
  const masquerade: typeof import("../../lib/firewall/masquerade.ts") =
    require("../../lib/firewall/masquerade.ts");
  return { ...antiSpoofing, ...masquerade };
}

function loadEngine() {
  const engine: typeof import("../../lib/firewall/engine.ts") =
    require("../../lib/firewall/engine.ts");
  return engine;
}

/** Has the bridge drop what the container sends with another MAC address than its own. */
export function refuseForeignMac(host: Netns, owner: Attachment, veth: VethPair, undo: Undo): void {
  const mac = parseMac(veth.containerEnd.mac);
  if (mac === undefined) return;
  explained(() => loadFirewall().ensureAntiSpoofing(host, owner, { link: veth.hostEnd.name, mac }));
  undo.push("remove the anti-spoofing rules", () => loadFirewall().removeAntiSpoofing(host, owner));
}

/** Has what the container sends to the world leave with the host's address. */
export function masquerade(
  { attachment: owner, config, host, container, undo }: AddRequest<BridgeConfig>,
  lease: Lease,
): void {
  const { masqueradeBackend: backend } = config;
  explained(() =>
    loadFirewall().ensureMasquerade(host, {
      owner,
      addresses: addressesOf(lease),
      netns: container.path,
      ...(backend && { backend }),
    }),
  );
  undo.push("remove the masquerade", () => loadFirewall().removeMasquerade(host, owner));
}

/** For CHECK. */
export function expectRules(
  host: Netns,
  owner: Attachment,
  lease: Lease,
  config: Pick<BridgeConfig, "masquerades" | "refusesForeignMac">,
): void {
  explained(() => {
    if (config.refusesForeignMac) loadFirewall().expectAntiSpoofing(host, owner);
    if (config.masquerades)
      loadFirewall().expectMasquerade(host, { owner, addresses: addressesOf(lease) });
  });
}

/** Whatever the configuration says now: the rules are found by their owner. */
export function removeRules(host: Netns, owner: Attachment, prevResult: Result | undefined): void {
  // Rules of the reference suite may name no more than the address.
  const addresses = prevResult?.ips?.map(({ address }) => address);
  attemptAll(
    () => loadFirewall().removeAntiSpoofing(host, owner),
    () => loadFirewall().removeMasquerade(host, owner, addresses),
  );
}

/** For STATUS: whether the configured rules can be made. */
export function expectUsableRules(
  host: Netns,
  { masquerades, masqueradeBackend }: Pick<BridgeConfig, "masquerades" | "masqueradeBackend">,
): void {
  if (masquerades) explained(() => loadEngine().expectBackend(host, masqueradeBackend));
}

export function pruneRules({ host, network, isValid }: GcRequest<BridgeConfig>): void {
  attemptAll(
    () => loadFirewall().pruneAntiSpoofing(host, network, isValid),
    () => loadFirewall().pruneMasquerade(host, network, isValid),
  );
}

function addressesOf({ ips }: Lease): string[] {
  return ips.map(({ cidr }) => formatCidr(cidr));
}

function explained(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof MissingRulesError) throw discrepancy(error.message);
    if (!(error instanceof UnusableBackendError)) throw error;
    throw new CniError(ErrorCode.invalidConfig, error.message, "", { cause: error });
  }
}
