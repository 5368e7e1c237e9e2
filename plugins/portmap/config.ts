import { parseConfig } from "../../lib/cni/config.ts";
import { invalidConfig } from "../../lib/cni/error.ts";
import type { ConfigInput } from "../../lib/cni/plugin.ts";
import { type Backend, isBackend } from "../../lib/firewall/backend.ts";
import { parseConditions, UnknownConditionError } from "../../lib/firewall/nft/conditions.ts";
import { isProtocol, type PortMapping } from "../../lib/firewall/port-request.ts";
import { parseAddress } from "../../lib/ip/address.ts";
import { portmapShape } from "./schema.ts" with { type: "macro" };
import type { PortmapDocument } from "./schema.ts";

/** What the portmap plugin does, complete and consistent. */
export interface PortmapConfig {
  readonly mappings: readonly PortMapping[];
  /** Undefined: nftables, where the kernel has it. */
  readonly backend: Backend | undefined;
  readonly snat: boolean;
  readonly masqAll: boolean;
  readonly markBit: number;
  readonly externalSetMarkChain: string | undefined;
  readonly conditions: Readonly<Partial<Record<4 | 6, readonly string[]>>>;
}

const DEFAULT_MARK_BIT = 13;

/** @throws {CniError} code 7 */
export function parsePortmapConfig(input: ConfigInput): PortmapConfig {
  // What is to be removed is found by its owner: a configuration that got broken since must not
  // keep it from going.
  const isRemoval = input.verb === "DEL" || input.verb === "GC";
  const document = parseConfig(portmapShape(), isRemoval ? {} : input.document);
  const { markMasqBit, externalSetMarkChain } = document;
  expectWords("externalSetMarkChain", externalSetMarkChain ? [externalSetMarkChain] : []);
  if (markMasqBit !== undefined && externalSetMarkChain !== undefined) {
    throw invalidConfig("Cannot specify externalSetMarkChain and markMasqBit");
  }
  const markBit = markMasqBit ?? DEFAULT_MARK_BIT;
  if (markBit < 0 || markBit > 31) {
    throw invalidConfig(`MasqMarkBit must be between 0 and 31, not ${markBit}`);
  }
  return {
    mappings: dropRepeated(parseMappings(document)),
    backend: parseBackend(document),
    snat: document.snat,
    masqAll: document.masqAll,
    markBit,
    externalSetMarkChain,
    conditions: conditionsOf(document),
  };
}

function parseMappings({ runtimeConfig }: PortmapDocument): PortMapping[] {
  return (runtimeConfig?.portMappings ?? []).flatMap((mapping, index) => {
    const { hostPort, containerPort, hostIP, range } = mapping;
    const path = `runtimeConfig.portMappings[${index}]`;
    if (range < 1) throw invalidConfig(`"${path}.range" is a number of ports, not ${range}`);
    expectPort("host", hostPort, range);
    expectPort("container", containerPort, range);
    const protocol = parseProtocol(`${path}.protocol`, mapping.protocol);
    const hostIp = parseHostIp(`${path}.hostIP`, hostIP);
    const mappings: PortMapping[] = [];
    for (let offset = 0; offset < range; offset++) {
      const ports = { hostPort: hostPort + offset, containerPort: containerPort + offset };
      mappings.push({ protocol, ...ports, ...(hostIp !== undefined && { hostIp }) });
    }
    return mappings;
  });
}

function expectPort(whose: "host" | "container", first: number, count: number): void {
  const last = first + count - 1;
  if (first >= 1 && last <= 65_535) return;
  const port = first >= 1 ? last : first;
  throw invalidConfig(`Invalid ${whose} port number: ${port}; ports are 1 to 65535`);
}

function parseProtocol(path: string, text: string) {
  const protocol = text.toLowerCase();
  if (isProtocol(protocol)) return protocol;
  throw invalidConfig(`"${path}" must be "tcp", "udp" or "sctp", not ${JSON.stringify(text)}`);
}

function parseHostIp(path: string, text: string): string | undefined {
  if (text === "" || parseAddress(text) !== undefined) return text === "" ? undefined : text;
  throw invalidConfig(`"${path}" must be an IP address, not ${JSON.stringify(text)}`);
}

/** @throws {CniError} when a port of the host is to lead to two ports of the container */
function dropRepeated(mappings: readonly PortMapping[]): PortMapping[] {
  const byHostPort = new Map<string, PortMapping>();
  for (const mapping of mappings) {
    const { protocol, hostPort, containerPort, hostIp = "" } = mapping;
    const key = `${hostIp === "" ? "" : `${hostIp} `}${hostPort}/${protocol}`;
    const other = byHostPort.get(key);
    if (other !== undefined && other.containerPort !== containerPort) {
      throw invalidConfig(
        `host port ${key} cannot lead to both container port ${other.containerPort} and ` +
          `${containerPort}`,
      );
    }
    byHostPort.set(key, mapping);
  }
  return [...byHostPort.values()];
}

/** Options that only one of the backends has, by backend, in the order the reference lists them. */
function specificOptions(document: PortmapDocument): Record<Backend, string[]> {
  const options: Record<Backend, string[]> = { nftables: [], iptables: [] };
  if (document.externalSetMarkChain !== undefined) options.iptables.push("externalSetMarkChain");
  for (const key of ["conditionsV4", "conditionsV6"] as const) {
    const [first] = document[key] ?? [];
    if (first === undefined) continue;
    options[/^[-!]/.test(first) ? "iptables" : "nftables"].push(key);
  }
  return options;
}

function parseBackend(document: PortmapDocument): Backend | undefined {
  const { backend: wanted = "" } = document;
  if (wanted !== "" && !isBackend(wanted)) {
    throw invalidConfig(`unrecognized backend "${wanted}"`, 'It is "nftables" or "iptables".');
  }
  const options = specificOptions(document);
  const implied = options.iptables.length > 0 ? "iptables" : undefined;
  const backend = isBackend(wanted) ? wanted : implied;
  const other = backend === "iptables" ? "nftables" : "iptables";
  if (backend !== undefined && options[other].length > 0) {
    throw invalidConfig(
      `${backend} backend was requested but configuration contains ${other}-specific options ` +
        `[${options[other].join(" ")}]`,
    );
  }
  // Its words mean nothing to iptables, whatever the kernel has.
  return backend ?? (options.nftables.length > 0 ? "nftables" : undefined);
}

/** They become a line each of what `iptables-restore` reads. */
function expectWords(key: string, words: readonly string[]): void {
  const bad = words.find((word) => /\p{Cc}/u.test(word));
  if (bad !== undefined) {
    throw invalidConfig(`"${key}" contains control characters: ${JSON.stringify(bad)}`);
  }
}

function conditionsOf(document: PortmapDocument): PortmapConfig["conditions"] {
  const conditions = { 4: document.conditionsV4 ?? [], 6: document.conditionsV6 ?? [] };
  expectWords("conditionsV4", conditions[4]);
  expectWords("conditionsV6", conditions[6]);
  if (parseBackend(document) === "nftables") {
    expectConditions("conditionsV4", conditions[4], 4);
    expectConditions("conditionsV6", conditions[6], 6);
  }
  return conditions;
}

function expectConditions(key: string, conditions: readonly string[], family: 4 | 6): void {
  try {
    parseConditions(conditions, family);
  } catch (error) {
    if (!(error instanceof UnknownConditionError)) throw error;
    throw invalidConfig(`"${key}" contains what the nftables backend cannot do: ${error.message}`);
  }
}
