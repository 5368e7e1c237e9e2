import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import type {
  AddRequest,
  Attachment,
  CheckRequest,
  DelRequest,
  GcRequest,
  Plugin,
  Request,
} from "../../lib/cni/plugin.ts";
import type { Dns, IpConfig, Result } from "../../lib/cni/result.ts";
import { type Address, formatAddress, isSameAddress } from "../../lib/ip/address.ts";
import { formatCidr, parseCidr } from "../../lib/ip/cidr.ts";
import { findShortText } from "../../lib/sys/file.ts";
import { attemptAll, withUndo } from "../../lib/undo.ts";
import { type HostLocalConfig, parseHostLocalConfig } from "./config.ts";
import { expectUsable } from "./directory.ts";
import { expectFree, type Granted, grantLease } from "./lease.ts";
import { findRange } from "./range-set.ts";
import { describeHolder, type Owner, type Reservation } from "./reservation.ts";
import { parseResolvConf } from "./resolv-conf.ts";
import { hostLocalShape } from "./schema.ts" with { type: "macro" };
import { Store } from "./store.ts";
import { directoryOf } from "./store-location.ts";

/** Grants addresses from ranges that this host has to itself, and remembers them in files. */
export const hostLocal: Plugin<HostLocalConfig> = {
  parseConfig: parseHostLocalConfig,
  add,
  check,
  del,
  gc,
  status,
  profile: () => ({ kind: "ipam", shape: hostLocalShape() }),
};

function add({ config, attachment, undo }: AddRequest<HostLocalConfig>): Result {
  const dns = readDns(config);
  const owner = ownerOf(attachment);
  const granted = reserveAll(config, owner);
  undo.push("release the addresses", () => releaseAll(granted, config, owner));
  return { ips: granted.map(describeGranted), routes: config.routes, ...(dns && { dns }) };
}

/** Either every range set grants an address, or the store is as it was. */
function reserveAll(config: HostLocalConfig, owner: Owner): Granted[] {
  using store = Store.create(config);
  return withUndo((undo) => grantLease(config, { store, owner, undo }));
}

function releaseAll(granted: readonly Granted[], config: HostLocalConfig, owner: Owner): void {
  using store = Store.find(config);
  for (const reservation of store?.list(owner) ?? []) {
    const isGranted = granted.some(({ address }) => isSameAddress(address, reservation.address));
    if (isGranted) store?.release(reservation);
  }
}

function describeGranted({ address, range: { subnet, gateway } }: Granted): IpConfig {
  return {
    address: formatCidr({ address, prefixLength: subnet.prefixLength }),
    gateway: formatAddress(gateway),
  };
}

/** In bytes: far more than any resolver reads. */
const longestResolvConf = 2 ** 20;

function readDns({ resolvConf }: HostLocalConfig): Dns | undefined {
  if (resolvConf === "") return undefined;
  const text = findShortText(resolvConf, longestResolvConf);
  if (text !== undefined) return parseResolvConf(text);
  const msg = `"${resolvConf}" must be a regular file of at most ${longestResolvConf} bytes`;
  throw new CniError(ErrorCode.io, msg);
}

function check({ config, attachment, prevResult }: CheckRequest<HostLocalConfig>): void {
  using store = Store.find(config);
  const held = store === undefined ? [] : listHeld(store, attachment);
  const { containerId } = attachment;
  if (held.length === 0) {
    throw discrepancy(`Failed to find address added by container ${containerId}`);
  }
  for (const address of addressesIn(prevResult, config)) {
    if (held.some((reservation) => isSameAddress(reservation.address, address))) continue;
    const holder = store?.find(address);
    throw discrepancy(
      `Failed to find address ${formatAddress(address)} added by container ${containerId}: it is ` +
        (holder === undefined ? "not reserved" : describeHolder(holder)),
    );
  }
}

function discrepancy(msg: string): CniError {
  return new CniError(ErrorCode.internal, `host-local: ${msg}`);
}

/** Addresses outside of the ranges are another plugin's: several may have added to the result. */
function addressesIn(result: Result | undefined, { rangeSets }: HostLocalConfig): Address[] {
  const addresses = (result?.ips ?? []).flatMap(({ address }) => parseCidr(address)?.address ?? []);
  return addresses.filter((address) => rangeSets.some((set) => findRange(set, address)));
}

function del({ config, attachment }: DelRequest<HostLocalConfig>): void {
  using store = Store.find(config);
  const held = store === undefined ? [] : listHeld(store, attachment);
  attemptAll(...held.map((reservation) => () => store?.release(reservation)));
}

/** Reservations that name no interface count if there is none that does, as in the reference. */
function listHeld(store: Store, attachment: Attachment): Reservation[] {
  const { containerId } = attachment;
  const held = store.list(ownerOf(attachment));
  return held.length > 0 ? held : store.list({ containerId });
}

function gc({ config, isValid }: GcRequest<HostLocalConfig>): void {
  using store = Store.find(config);
  store?.prune(({ owner }) => owner === undefined || !isValid(owner.containerId, owner.ifName));
}

function status({ config }: Request<HostLocalConfig>): void {
  expectUsable(directoryOf(config));
  using store = Store.find(config);
  if (store !== undefined) expectFree(config, store);
}

function ownerOf({ containerId, ifName }: Attachment): Owner {
  return { containerId, ifName };
}
