import { addressToBytes } from "../../ip/address.ts";
import { type Cidr, formatCidr, parseCidr, subnetOf } from "../../ip/cidr.ts";
import {
  hasPrefix,
  ip6Daddr,
  ipDaddr,
  masqueraded,
  verdict,
} from "../../netlink/netfilter/statements.ts";
import type { MasqueradeRequest } from "../masquerade-request.ts";
import type { RuleChain } from "./chains.ts";
import type { Claim, Holding } from "./holding.ts";
import { masqueradeFeature, setsOf, table } from "./layout.ts";

/**
 * Works out which elements give an attachment's connections to the world this node's address. Each
 * container leads to the chain of its subnet: a set of containers and their subnets would do
 * without chains, but the kernel takes 30 ms to remove one of 2,000 elements with ranges.
 */
export function planMasquerade(tag: string, { addresses }: MasqueradeRequest): Holding {
  const plans = addresses.map(planAddress);
  const chains = new Map(plans.map(({ chain }) => [chain.chain.name, chain]));
  return {
    feature: masqueradeFeature,
    tag,
    claims: plans.map(({ claim }) => claim),
    chains: [...chains.values()],
    siblings: [],
  };
}

function planAddress(text: string): { claim: Claim; chain: RuleChain } {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new RangeError(`"${text}" is no CIDR`);
  const chain = subnetChain(subnetOf(cidr));
  const value = { kind: "goto", chain: chain.chain.name } as const;
  const element = { key: addressToBytes(cidr.address), value };
  const set = setsOf[cidr.address.family].masquerade;
  return { claim: { set, element, onConflict: "evict" }, chain };
}

const fields = { 4: ipDaddr, 6: ip6Daddr } as const;
/** 224.0.0.0/4 and ff00::/8 */
const multicast: Readonly<Record<4 | 6, Cidr>> = {
  4: { address: { family: 4, value: 0xe000_0000n }, prefixLength: 4 },
  6: { address: { family: 6, value: 0xffn << 120n }, prefixLength: 8 },
};

/** What leaves a subnet leaves as this node, but for multicast. */
function subnetChain(subnet: Cidr): RuleChain {
  const { family } = subnet.address;
  const toOwn = [subnet, multicast[family]].map(({ address, prefixLength }) => [
    ...hasPrefix(fields[family], "==", addressToBytes(address), prefixLength),
    ...verdict({ kind: "return" }),
  ]);
  return {
    // Names may have slashes, and no colons.
    chain: { table, name: `beyond_${formatCidr(subnet).replaceAll(":", "-")}` },
    rules: [...toOwn, masqueraded()].map((expressions) => ({ expressions })),
  };
}
