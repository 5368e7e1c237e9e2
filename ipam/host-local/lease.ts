import { CniError, ErrorCode, invalidConfig } from "../../lib/cni/error.ts";
import { toCniError } from "../../lib/cni/failure.ts";
import { type Address, formatAddress, isSameAddress } from "../../lib/ip/address.ts";
import type { Undo } from "../../lib/undo.ts";
import { planSearch, type Stretch, splitRequested } from "./allocator.ts";
import type { HostLocalConfig } from "./config.ts";
import type { Range } from "./range.ts";
import { findRange, formatRangeSet, type RangeSet } from "./range-set.ts";
import { describeHolder, type Owner, type Reservation } from "./reservation.ts";
import { judgeStaleness } from "./staleness.ts";
import type { Store } from "./store.ts";

/** An address that was reserved, and the range that it is from. */
export interface Granted {
  readonly address: Address;
  readonly range: Range;
}

/** Who asks, where, and how it is taken back. */
interface Request {
  readonly store: Store;
  readonly owner: Owner;
  readonly undo: Undo;
}

/**
 * Reserves one address of each range set for `owner`: a requested one that lies in the set, else
 * the next free one.
 *
 * @throws {CniError} in the reference's words, and with what `undo` takes back then
 */
export function grantLease(config: HostLocalConfig, request: Request): Granted[] {
  const { rangeSets } = config;
  let requested = config.requested;
  const granted = rangeSets.map((set, index) => {
    const { inside, others } = splitRequested(set, requested);
    requested = others;
    return forSet(index, () =>
      inside === undefined ? grantNext(set, index, request) : grantRequested(set, inside, request),
    );
  });
  if (requested.length > 0) throw notGranted(requested, rangeSets);
  for (const [index, { address }] of granted.entries()) {
    forSet(index, () => advanceCounter(index, address, request));
  }
  return granted;
}

/** Adds the number of the set to whatever goes wrong. */
function forSet<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const { code, msg, details } = toCniError(cause);
    const context = `failed to allocate for range ${index}: ${msg}`;
    throw new CniError(code, context, details, { cause });
  }
}

function notGranted(requested: readonly Address[], rangeSets: readonly RangeSet[]): CniError {
  const list = requested.map(formatAddress).join(" ");
  const sets = rangeSets.map(formatRangeSet).join(" and ");
  return invalidConfig(
    `failed to allocate all requested IPs: ${list}: each range set grants one, and must hold it: ` +
      `there is ${sets}`,
  );
}

/** Counters move when every set has granted: an ADD that fails leaves them where they are. */
function advanceCounter(index: number, address: Address, { store, undo }: Request): void {
  const previous = store.lastReserved(index);
  undo.push("restore the last reserved address", () => store.setLastReserved(index, previous));
  store.setLastReserved(index, address);
}

function grantRequested(set: RangeSet, address: Address, request: Request): Granted {
  const range = findRange(set, address);
  const text = formatAddress(address);
  if (range === undefined || isSameAddress(address, range.gateway)) {
    throw invalidConfig(`requested ip ${text} is subnet's gateway`);
  }
  if (reserve(address, request) || replaceStale(address, request)) return { address, range };
  const holder = request.store.find(address);
  throw new CniError(
    ErrorCode.tryAgainLater,
    `requested IP address ${text} is not available in range set ${formatRangeSet(set)}` +
      `${holder === undefined ? "" : `: ${describeHolder(holder)}`}`,
  );
}

/** An address of an earlier boot must not keep a container from the one that is set for it. */
function replaceStale(address: Address, request: Request): boolean {
  const reservation = request.store.find(address);
  if (reservation === undefined || !judgeStaleness(request.store)(reservation)) return false;
  request.store.release(reservation);
  return reserve(address, request);
}

function grantNext(set: RangeSet, index: number, request: Request): Granted {
  refuseSecond(set, request);
  const search = planSearch(set, request.store.lastReserved(index));
  const granted = reserveFirst(search, request);
  if (granted !== undefined) return granted;
  request.store.prune(staleIn(set, request.store));
  const reclaimed = reserveFirst(search, request);
  if (reclaimed !== undefined) return reclaimed;
  throw new CniError(ErrorCode.tryAgainLater, exhausted(set, search, request.store));
}

/** The specification has one attachment of a container's interface to a network, until DEL. */
function refuseSecond(set: RangeSet, { store, owner }: Request): void {
  for (const holder of [owner, { containerId: owner.containerId }]) {
    const held = store.list(holder).filter(({ address }) => findRange(set, address) !== undefined);
    for (const reservation of held) {
      if (!judgeStaleness(store)(reservation)) throw duplicate(reservation, owner);
      store.release(reservation);
    }
  }
}

function duplicate(reservation: Reservation, { containerId }: Owner): CniError {
  return new CniError(
    ErrorCode.internal,
    `${formatAddress(reservation.address)} has been allocated to ${containerId}, duplicate ` +
      `allocation is not allowed: ${describeHolder(reservation)}; DEL releases it`,
  );
}

function reserveFirst(search: readonly Stretch[], request: Request): Granted | undefined {
  for (const { range, first, last } of search) {
    for (;;) {
      const address = request.store.findFree(first, last);
      if (address === undefined) break;
      if (reserve(address, request)) return { address, range };
    }
  }
  return undefined;
}

function reserve(address: Address, { store, owner, undo }: Request): boolean {
  if (!store.reserve(owner, address)) return false;
  undo.push(`release ${formatAddress(address)}`, () => store.release({ owner, address }));
  return true;
}

/** Round robin makes the next in turn the one that is held for longest, more or less. */
function exhausted(set: RangeSet, [next]: readonly Stretch[], store: Store): string {
  const holder = next && store.find(next.first);
  const hint =
    holder === undefined
      ? ""
      : `: the next in turn, ${formatAddress(holder.address)}, is ${describeHolder(holder)}`;
  return `no IP addresses available in range set: ${formatRangeSet(set)}${hint}`;
}

/** @throws {CniError} code 50 when {@link grantLease} would find no free address in some set */
export function expectFree({ rangeSets }: HostLocalConfig, store: Store): void {
  rangeSets.forEach((set, index) => {
    const search = planSearch(set, store.lastReserved(index));
    const isFree = ({ first, last }: Stretch) => store.findFree(first, last) !== undefined;
    // To scan repairs the index too: what seemed taken may be free after all.
    if (search.some(isFree) || store.scan().some(staleIn(set, store)) || search.some(isFree))
      return;
    throw new CniError(ErrorCode.unavailable, exhausted(set, search, store));
  });
}

/** @returns whether a reservation is in the set, and nobody's any more */
function staleIn(set: RangeSet, store: Store): (reservation: Reservation) => boolean {
  const isStale = judgeStaleness(store);
  return (each) => findRange(set, each.address) !== undefined && isStale(each);
}
