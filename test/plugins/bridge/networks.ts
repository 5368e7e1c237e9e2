import type { Json } from "../../support/outcome.ts";

/** The versions of the specification, oldest first. */
export const versions = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;

/** A bridge network as the upstream suite's tests have it; `rest` overrides and adds. */
export function bridgeConfig(cniVersion: string, rest: Json = {}): Json {
  return { cniVersion, name: "testConfig", type: "bridge", bridge: "bridge0", ...rest };
}

/** host-local with one range for each subnet, one address each. */
export function hostLocal(...subnets: readonly string[]): Json {
  return { type: "host-local", ranges: subnets.map((subnet) => [{ subnet }]) };
}

/** What a gateway network has. */
export function gatewayConfig(
  cniVersion: string,
  subnets: readonly string[],
  rest: Json = {},
): Json {
  const ipam = hostLocal(...subnets);
  return bridgeConfig(cniVersion, { isDefaultGateway: true, ipam, ...rest });
}
