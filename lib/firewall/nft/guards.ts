import type { Netns } from "../../kernel/netns.ts";
import type { Nftables } from "../../kernel/nftables.ts";
import { decodeName, encodeName } from "../../netlink/netfilter/data-types.ts";
import {
  type Element,
  encodeDeleteElements,
  type KernelElement,
} from "../../netlink/netfilter/elements.ts";
import { isNotFound } from "../../sys/errno.ts";
import { readRouteLocalnet } from "../route-localnet.ts";
import { routeLocalnet } from "./layout.ts";

/** The guards of links with `route_localnet`: elements of a set that "loopback_guard" looks at. */

/** On the element of a link whose setting was off before. */
const TURNED_ON_BY_US = "off before";

/** @returns the element that guards a link whose setting we turn on */
export function guardOf(link: string): Element {
  return { key: encodeName(link), comment: TURNED_ON_BY_US };
}

/** @returns the links whose setting must be turned off when nobody needs it any more */
export function listTurnedOn(nft: Nftables): string[] {
  return nft
    .listElements(routeLocalnet)
    .filter(({ comment }) => comment === TURNED_ON_BY_US)
    .map(({ key }) => decodeName(key));
}

/** How many guards are looked at when one is added: more than one, so that they do not pile up. */
const GLANCES = 4;

/**
 * Removes some guards of links that are gone: every container on a point-to-point link has one of
 * its own, which nobody needs when the link is deleted.
 */
export function pruneGuards(nft: Nftables, host: Netns): void {
  const guards = nft.listElements(routeLocalnet);
  const dead = pickSome(guards).filter(
    ({ key }) => readRouteLocalnet(host, decodeName(key)) === undefined,
  );
  if (dead.length === 0) return;
  try {
    nft.commit(encodeDeleteElements(routeLocalnet, dead));
  } catch (error) {
    if (!isNotFound(error)) throw error; // somebody else pruned the same ones
  }
}

function pickSome(elements: readonly KernelElement[]): KernelElement[] {
  const start = Math.floor(Math.random() * elements.length);
  return [...elements.slice(start), ...elements.slice(0, start)].slice(0, GLANCES);
}
