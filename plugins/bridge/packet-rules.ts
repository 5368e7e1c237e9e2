import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import { discrepancy } from "../../lib/cni/expectations.ts";
import type { Lease } from "../../lib/cni/lease.ts";
import type { AddRequest, Attachment, DelRequest, GcRequest } from "../../lib/cni/plugin.ts";
import { MissingRulesError, UnusableBackendError } from "../../lib/firewall/errors.ts";
import { mayHaveRules } from "../../lib/firewall/record-folder.ts";
import { formatCidr } from "../../lib/ip/cidr.ts";
import { parseMac } from "../../lib/ip/mac.ts";
import type { Netns } from "../../lib/kernel/netns.ts";
import type { VethPair } from "../../lib/kernel/veth.ts";
import { attemptAll, type Undo } from "../../lib/undo.ts";
import type { BridgeConfig } from "./config.ts";

/** `ipMasq` and `macspoofchk`: the rules that go with a container's port. */

// Most of this plugin's code is in what is loaded here, and many networks have no use for it.

function loadAntiSpoofing() {
  const antiSpoofing: typeof import("../../lib/firewall/anti-spoofing.ts") =
    require("../../lib/firewall/anti-spoofing.ts");
  return antiSpoofing;
}

function loadMasquerade() {
  const masquerade: typeof import("../../lib/firewall/masquerade.ts") =
    require("../../lib/firewall/masquerade.ts");
  return masquerade;
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
  explained(() =>
    loadAntiSpoofing().ensureAntiSpoofing(host, owner, { link: veth.hostEnd.name, mac }),
  );
  undo.push("remove the anti-spoofing rules", () =>
    loadAntiSpoofing().removeAntiSpoofing(host, owner),
  );
}

/** Has what the container sends to the world leave with the host's address. */
export function masquerade(
  { attachment: owner, config, host, container, undo }: AddRequest<BridgeConfig>,
  lease: Lease,
): void {
  const { masqueradeBackend: backend } = config;
  explained(() =>
    loadMasquerade().ensureMasquerade(host, {
      owner,
      addresses: addressesOf(lease),
      netns: container.path,
      ...(backend && { backend }),
    }),
  );
  undo.push("remove the masquerade", () => loadMasquerade().removeMasquerade(host, owner));
}

/** For CHECK. */
export function expectRules(
  host: Netns,
  owner: Attachment,
  lease: Lease,
  config: Pick<BridgeConfig, "masquerades" | "refusesForeignMac">,
): void {
  explained(() => {
    if (config.refusesForeignMac) loadAntiSpoofing().expectAntiSpoofing(host, owner);
    if (config.masquerades)
      loadMasquerade().expectMasquerade(host, { owner, addresses: addressesOf(lease) });
  });
}

/**
 * The rules are found by their owner, whatever the configuration says now. Only where it asks for
 * none, and nobody on this node has any of ours, nothing is loaded to look for them.
 */
export function removeRules({
  attachment: owner,
  config,
  host,
  prevResult,
}: DelRequest<BridgeConfig>): void {
  attemptAll(
    () => {
      if (!config.refusesForeignMac && !mayHaveRules("anti-spoofing")) return;
      loadAntiSpoofing().removeAntiSpoofing(host, owner);
    },
    () => {
      if (!config.masquerades && !mayHaveRules("nftables", "iptables")) return;
      // Rules of the reference suite may name no more than the address.
      const addresses = prevResult?.ips?.map(({ address }) => address);
      loadMasquerade().removeMasquerade(host, owner, addresses);
    },
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
    () => loadAntiSpoofing().pruneAntiSpoofing(host, network, isValid),
    () => loadMasquerade().pruneMasquerade(host, network, isValid),
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
