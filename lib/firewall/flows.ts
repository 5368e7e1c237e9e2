import { type Address, formatAddress } from "../ip/address.ts";
import { parseCidr } from "../ip/cidr.ts";
import type { FlowFilter } from "../kernel/conntrack.ts";
import type { Netns } from "../kernel/netns.ts";
import { writeStderr } from "../sys/stdio.ts";
import {
  type FamilyMapping,
  type PortRequest,
  protocolNumbers,
  splitByFamily,
} from "./port-request.ts";

/**
 * The kernel decides where a flow goes by its first packet, and remembers that until nothing was
 * sent for some time: seconds to five days, by protocol. A client that sends UDP to a port all the
 * time is one flow for ever: without help it would not notice that the port is published now, or
 * that its container is gone.
 */

const RTN_LOCAL = 2; // include/uapi/linux/rtnetlink.h

/**
 * Makes the kernel decide anew about flows to UDP ports that have just been published.
 *
 * @param isTaken whether the port is published on this address in particular, by whomever: where
 *   it is published on all addresses, that one does not count
 */
export function forgetFlowsOfOthers(
  host: Netns,
  request: PortRequest,
  isTaken: (address: Address, port: number) => boolean,
): void {
  const isLocal = rememberingAnswers((address: Address) => {
    return host.routes.find(address)?.type === RTN_LOCAL;
  });
  // What only passes through to the same port elsewhere, such as DNS, is none of our business.
  const isMeant = (address: Address, port: number) => isLocal(address) && !isTaken(address, port);
  tolerantly(() => {
    for (const { family, mappings } of splitByFamily(request)) {
      const ofUdp = mappings.filter(({ protocol }) => protocol === "udp");
      for (const mapping of ofUdp) forgetFlowsToPort(host, family, mapping, isMeant);
    }
  });
}

function forgetFlowsToPort(
  { conntrack }: Netns,
  family: 4 | 6,
  { hostAddress, hostPort }: FamilyMapping,
  isMeant: (address: Address, port: number) => boolean,
): void {
  const service = { protocol: protocolNumbers.udp, destinationPort: hostPort };
  const filter = {
    family,
    original: { ...(hostAddress && { destination: hostAddress }), service },
  };
  if (hostAddress?.family === 4) {
    conntrack.removeAll([filter]);
    return;
  }
  for (const flow of conntrack.list(filter)) {
    const isStale = hostAddress !== undefined || isMeant(flow.original.destination, hostPort);
    if (isStale) conntrack.remove(flow);
  }
}

/**
 * Ends the flows to a container whose ports are not published any more.
 *
 * @param addresses of the container, CIDRs
 */
export function forgetFlowsTo(host: Netns, addresses: readonly string[]): void {
  forget(host, addresses, (source) => [{ family: source.family, reply: { source } }]);
}

/**
 * Ends all flows of a container that is gone, both ways.
 *
 * @param addresses of the container, CIDRs
 */
export function forgetFlowsOf(host: Netns, addresses: readonly string[]): void {
  forget(host, addresses, (source) => [
    { family: source.family, original: { source } },
    { family: source.family, reply: { source } },
  ]);
}

function forget(
  host: Netns,
  addresses: readonly string[],
  filtersOf: (address: Address) => FlowFilter[],
): void {
  const filters = addresses
    .map((text) => parseCidr(text)?.address)
    .filter((address) => address !== undefined)
    .flatMap(filtersOf);
  if (filters.length > 0) tolerantly(() => host.conntrack.removeAll(filters));
}

/** The rules are right, and new flows follow them. */
function tolerantly(work: () => void): void {
  try {
    work();
  } catch (error) {
    writeStderr(`patchbay: cannot end flows: ${error}\n`);
  }
}

function rememberingAnswers(ask: (address: Address) => boolean): (address: Address) => boolean {
  const answers = new Map<string, boolean>();
  return (address) => {
    const key = formatAddress(address);
    const answer = answers.get(key) ?? ask(address);
    answers.set(key, answer);
    return answer;
  };
}
