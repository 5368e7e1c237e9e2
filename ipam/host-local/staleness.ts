import { formatAddress } from "../../lib/ip/address.ts";
import { findLiveAddresses } from "../../lib/kernel/live-addresses.ts";
import { bootId, bootTime } from "../../lib/sys/boot.ts";
import type { Reservation } from "./reservation.ts";
import type { Store } from "./store.ts";

/** Whether a reservation is nobody's any more. */
export type IsStale = (reservation: Reservation) => boolean;

/**
 * Judges reservations on evidence that cannot err: a wrong yes would give a container's address to
 * another one. A reservation is nobody's when it is
 *
 * - not one: it has no owner. Writers hold the lock, so this one did not live to write it;
 * - of an earlier boot by the boot's identifier, which no container survives; or
 * - by another suite, written before the boot by the clock, and its address nowhere in use. The
 *   clock alone does not prove it: it may have been set since.
 */
export function judgeStaleness(store: Store): IsStale {
  const boot = { id: bootId(), time: bootTime() };
  let live: { readonly addresses: ReadonlySet<string> | undefined } | undefined;
  return ({ address, owner, writtenAt }) => {
    if (owner === undefined) return true;
    const written = store.findBootId(address);
    if (written !== undefined) return written !== boot.id;
    if (writtenAt >= boot.time) return false;
    live ??= { addresses: findLiveAddresses() };
    return live.addresses?.has(formatAddress(address)) === false;
  };
}
