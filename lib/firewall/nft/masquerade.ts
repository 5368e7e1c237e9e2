import { addressToBytes } from "../../ip/address.ts";
import { type Cidr, lastAddress, networkAddress, parseCidr } from "../../ip/cidr.ts";
import { encodeFields } from "../../netlink/netfilter/data-types.ts";
import type { MasqueradeRequest } from "../masquerade-request.ts";
import type { Claim, Holding } from "./holding.ts";
import { masqueradeFeature, setsOf } from "./layout.ts";

/** Works out which elements give an attachment's connections to the world this node's address. */
export function planMasquerade(tag: string, { addresses }: MasqueradeRequest): Holding {
  const claims = addresses.flatMap((text) => {
    const cidr = parseCidr(text);
    if (cidr === undefined) throw new RangeError(`"${text}" is no CIDR`);
    return planAddress(cidr);
  });
  return { feature: masqueradeFeature, tag, claims, chains: [] };
}

function planAddress(cidr: Cidr): Claim[] {
  const { masquerade, ownSubnet } = setsOf[cidr.address.family];
  const address = addressToBytes(cidr.address);
  const [first, last] = [networkAddress(cidr), lastAddress(cidr)].map(addressToBytes);
  const range = {
    key: encodeFields([address, first ?? address]),
    keyEnd: encodeFields([address, last ?? address]),
  };
  return [
    { set: masquerade, element: { key: address }, onConflict: "evict" },
    { set: ownSubnet, element: range, onConflict: "evict" },
  ];
}
