import { type Address, formatAddress, isSameAddress } from "../ip/address.ts";
import type { Flow } from "../kernel/conntrack.ts";
import type { Netns } from "../kernel/netns.ts";
import { writeStderr } from "../sys/stdio.ts";
import {
  type FamilyMapping,
  type FamilyRequest,
  type PortRequest,
  protocolNumbers,
  splitByFamily,
} from "./port-request.ts";

/**
 * The kernel decides where a flow goes by its first packet. A client that sends UDP to a port all
 * the time is one flow for ever: without help it would not notice that the port is published now,
 * or that its container is gone.
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
  forgetFlows(host, request, ({ original }, { hostAddress, hostPort }) => {
    const { destination } = original;
    if (hostAddress !== undefined) return isSameAddress(destination, hostAddress);
    // What only passes through to the same port elsewhere, such as DNS, is none of our business.
    return isLocal(destination) && !isTaken(destination, hostPort);
  });
}

/** Ends the flows to a container whose UDP ports are not published any more. */
export function forgetFlowsTo(host: Netns, request: PortRequest): void {
  forgetFlows(host, request, ({ reply }, { containerPort }, { container }) => {
    return reply.sourcePort === containerPort && isSameAddress(reply.source, container.address);
  });
}

type IsMeant = (flow: Flow, mapping: FamilyMapping, part: FamilyRequest) => boolean;

function forgetFlows(host: Netns, request: PortRequest, isMeant: IsMeant): void {
  const parts = splitByFamily(request).map((part) => ({
    part,
    mappings: part.mappings.filter(({ protocol }) => protocol === "udp"),
  }));
  if (parts.every(({ mappings }) => mappings.length === 0)) return;
  try {
    for (const { part, mappings } of parts) {
      for (const mapping of mappings) {
        const { family } = part;
        const filter = { family, protocol: protocolNumbers.udp, port: mapping.hostPort };
        const flows = host.conntrack.list(filter);
        const stale = flows.filter((flow) => isMeant(flow, mapping, part));
        for (const flow of stale) host.conntrack.remove(flow);
      }
    }
  } catch (error) {
    // The rules are right, and new flows follow them.
    writeStderr(`patchbay: cannot end flows to UDP ports: ${error}\n`);
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
