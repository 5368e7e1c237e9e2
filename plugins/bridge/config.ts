import { parseArgs } from "../../lib/cni/args.ts";
import { parseConfig } from "../../lib/cni/config.ts";
import { CniError, ErrorCode, invalidConfig } from "../../lib/cni/error.ts";
import { findMember, type JsonObject } from "../../lib/cni/json.ts";
import type { ConfigInput } from "../../lib/cni/plugin.ts";
import type { Dns } from "../../lib/cni/result.ts";
import { type Backend, isBackend } from "../../lib/firewall/backend.ts";
import { parseMac } from "../../lib/ip/mac.ts";
import { bridgeShape } from "./schema.ts" with { type: "macro" };
import type { BridgeDocument } from "./schema.ts";
import { type PortVlans, parsePortVlans } from "./vlans.ts";

/** What the bridge plugin does, complete and consistent. */
export interface BridgeConfig {
  /** The bridge's name. */
  readonly bridge: string;
  readonly isGateway: boolean;
  readonly isDefaultGateway: boolean;
  /** Replace an address of the bridge that contradicts, instead of failing. */
  readonly forceAddress: boolean;
  /** What the container sends to the world leaves with the host's address. */
  readonly masquerades: boolean;
  readonly masqueradeBackend: Backend | undefined;
  /** What the container sends with another MAC address than its own is dropped. */
  readonly refusesForeignMac: boolean;
  readonly mtu: number | undefined;
  readonly hairpin: boolean;
  readonly isPromiscuous: boolean;
  /** Undefined without `vlan` and `vlanTrunk`: the bridge need not know VLANs. */
  readonly vlans: PortVlans | undefined;
  readonly detectDuplicates: boolean;
  readonly leaveContainerDown: boolean;
  readonly isolated: boolean;
  readonly mac: Uint8Array | undefined;
  /** Without IPAM the network is layer 2 only. */
  readonly hasIpam: boolean;
  /** Replaces what IPAM says when one of its keys is there, even with an empty list. */
  readonly dns: Dns | undefined;
}

/** @throws {CniError} code 7, or 4 for CNI_ARGS */
export function parseBridgeConfig(input: ConfigInput): BridgeConfig {
  // What is to be removed is found by its owner: a configuration that got broken since must not
  // keep it from going.
  if (input.verb === "DEL" || input.verb === "GC") {
    return { ...configOf({}, { ...input, args: "" }), ...rulesAskedFor(input.document) };
  }
  return configOf(input.document, input);
}

/** Of a configuration that may be broken: whatever stands there asks for rules, but `false`. */
function rulesAskedFor(
  document: JsonObject,
): Pick<BridgeConfig, "masquerades" | "refusesForeignMac"> {
  const isAskedFor = (key: string) => (findMember(document, key) ?? false) !== false;
  return { masquerades: isAskedFor("ipMasq"), refusesForeignMac: isAskedFor("macspoofchk") };
}

function configOf(json: JsonObject, input: ConfigInput): BridgeConfig {
  const document = parseConfig(bridgeShape(), json);
  refuseContradictions(document);
  const vlans = parsePortVlans(document);
  refuseBridgeName(document.bridge, vlans);
  return {
    bridge: document.bridge,
    isGateway: document.isGateway || document.isDefaultGateway,
    isDefaultGateway: document.isDefaultGateway,
    forceAddress: document.forceAddress,
    masquerades: document.ipMasq && hasIpam(document),
    masqueradeBackend: parseBackend(document),
    refusesForeignMac: document.macspoofchk,
    mtu: parseMtu(document.mtu),
    hairpin: document.hairpinMode,
    isPromiscuous: document.promiscMode,
    vlans,
    detectDuplicates: document.enabledad,
    leaveContainerDown: document.disableContainerInterface,
    isolated: document.portIsolation,
    mac: parseMacSources(document, input),
    hasIpam: hasIpam(document),
    dns: parseDns(document),
  };
}

function hasIpam({ ipam }: BridgeDocument): boolean {
  return (ipam?.type ?? "") !== "";
}

function refuseContradictions(document: BridgeDocument): void {
  if (document.hairpinMode && document.promiscMode) {
    throw invalidConfig(
      "cannot set hairpin mode and promiscuous mode at the same time: " +
        'set "hairpinMode" or "promiscMode" to false',
    );
  }
  if (document.disableContainerInterface && hasIpam(document)) {
    throw invalidConfig(
      "cannot use IPAM when DisableContainerInterface flag is set: " +
        'remove "ipam" or set "disableContainerInterface" to false',
    );
  }
}

function parseBackend({ ipMasqBackend = "" }: BridgeDocument): Backend | undefined {
  if (ipMasqBackend === "") return undefined;
  if (isBackend(ipMasqBackend)) return ipMasqBackend;
  throw invalidConfig(
    `unknown ipmasq backend "${ipMasqBackend}": "ipMasqBackend" must be "nftables" or "iptables"`,
  );
}

const IFNAME_LENGTH = 15;

function refuseBridgeName(name: string, vlans: PortVlans | undefined): void {
  const longest = vlans?.pvid === undefined ? name : `${name}.${vlans.pvid}`;
  if (/^[^/:\s]+$/.test(name) && name !== "." && name !== "..") {
    if (Buffer.byteLength(longest) <= IFNAME_LENGTH) return;
  }
  throw invalidConfig(
    `invalid bridge name "${longest}": names of links have 1 to ${IFNAME_LENGTH} bytes, ` +
      'no "/", ":" or white space',
  );
}

function parseMtu(mtu: number): number | undefined {
  if (mtu < 0) throw invalidConfig(`invalid MTU ${mtu}: it must be positive, or 0 for the default`);
  return mtu === 0 ? undefined : mtu;
}

/** `runtimeConfig.mac` before `args.cni.mac` before `MAC` of CNI_ARGS. */
function parseMacSources(document: BridgeDocument, { args }: ConfigInput): Uint8Array | undefined {
  // Read even where another source wins: an unknown key in CNI_ARGS is an error.
  const { MAC = "" } = parseArgs(args, ["MAC"]);
  const fromRuntime = document.runtimeConfig?.mac ?? "";
  if (fromRuntime !== "") return requireMac(fromRuntime, "runtimeConfig.mac", invalidConfig);
  const fromArgs = document.args?.cni?.mac ?? "";
  if (fromArgs !== "") return requireMac(fromArgs, "args.cni.mac", invalidConfig);
  return MAC === "" ? undefined : requireMac(MAC, "MAC of CNI_ARGS", invalidEnvironment);
}

function requireMac(text: string, source: string, complain: (msg: string) => CniError): Uint8Array {
  const mac = parseMac(text);
  const isGroup = ((mac?.[0] ?? 0) & 1) === 1;
  if (mac?.length === 6 && !isGroup) return mac;
  throw complain(
    `invalid MAC address "${text}" in ${source}: it must be six bytes such as ` +
      '"02:11:22:33:44:55", and no group address',
  );
}

function invalidEnvironment(msg: string): CniError {
  return new CniError(ErrorCode.invalidEnvironment, msg);
}

function parseDns({ dns }: BridgeDocument): Dns | undefined {
  if (dns === undefined || Object.values(dns).every((value) => value === undefined)) {
    return undefined;
  }
  const { nameservers, domain, search, options } = dns;
  return {
    ...(nameservers && { nameservers }),
    ...(domain !== undefined && { domain }),
    ...(search && { search }),
    ...(options && { options }),
  };
}
