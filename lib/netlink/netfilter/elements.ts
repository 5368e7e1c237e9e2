import type { NetlinkMessage, NetlinkRequest } from "../message.ts";
import { type Attribute, type AttributeMap, bytes, nested, text } from "./attributes.ts";
import { decodeMessage, encodeRequest, NFNL_SUBSYS_NFTABLES } from "./message.ts";
import { describeSet, type NamedSet } from "./sets.ts";
import { creationFlags, type Existence } from "./tables.ts";
import { decodeComment, encodeComment } from "./userdata.ts";
import { decodeTarget, encodeVerdict, type Verdict } from "./verdict.ts";

/** Elements of sets and maps: what `nft add element` and `nft delete element` do. */

const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_GETSETELEM = 13;
const NFT_MSG_DELSETELEM = 14;
const NFTA_SET_ELEM_LIST_TABLE = 1;
const NFTA_SET_ELEM_LIST_SET = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_LIST_ELEM = 1;
const NFTA_SET_ELEM_KEY = 1;
const NFTA_SET_ELEM_DATA = 2;
const NFTA_SET_ELEM_USERDATA = 6;
const NFTA_DATA_VALUE = 1;

/** The list is one attribute, whose length is a 16-bit number; no element is longer than 450. */
const ELEMENTS_PER_MESSAGE = 140;

export interface ElementKey {
  readonly key: Uint8Array;
}

export interface Element extends ElementKey {
  /** Of maps. */
  readonly value?: Uint8Array | Verdict;
  readonly comment?: string;
}

/** An element as the kernel shows it. */
export interface KernelElement extends ElementKey {
  readonly key: Buffer;
  /** Undefined in sets, and where the value is a verdict. */
  readonly value: Buffer | undefined;
  /** The chain that a verdict leads to. */
  readonly target: string | undefined;
  readonly comment: string | undefined;
}

/**
 * "create" fails with EEXIST when one of the keys is there already, in a map with EBUSY when its
 * value differs. "ensure" passes over those that are there already, whatever their comment.
 */
export function encodeAddElements(
  set: NamedSet,
  elements: readonly Element[],
  existence: Existence,
): NetlinkRequest[] {
  const flags = creationFlags(existence);
  return inPieces(elements).map((piece) =>
    encode(set, { type: NFT_MSG_NEWSETELEM, flags, elements: piece, verb: "add elements to" }),
  );
}

/** Fails with ENOENT when one of the keys is not there. */
export function encodeDeleteElements(set: NamedSet, keys: readonly ElementKey[]): NetlinkRequest[] {
  // Elements are keys too, with more that does not matter here.
  return inPieces(keys.map(({ key }) => ({ key }))).map((piece) =>
    encode(set, { type: NFT_MSG_DELSETELEM, elements: piece, verb: "delete elements of" }),
  );
}

/** Asks for one element; ENOENT when it is not there. */
export function encodeGetElement(set: NamedSet, key: ElementKey): NetlinkRequest {
  const elements = [{ key: key.key }];
  return encode(set, { type: NFT_MSG_GETSETELEM, elements, verb: "get an element of" });
}

/** Asks for all elements; to be sent as a dump. */
export function encodeListElements(set: NamedSet): NetlinkRequest {
  return encode(set, { type: NFT_MSG_GETSETELEM, verb: "list the elements of" });
}

function inPieces<T>(elements: readonly T[]): (readonly T[])[] {
  const pieces: (readonly T[])[] = [];
  for (let start = 0; start < elements.length; start += ELEMENTS_PER_MESSAGE) {
    pieces.push(elements.slice(start, start + ELEMENTS_PER_MESSAGE));
  }
  return pieces;
}

interface ElementsMessage {
  readonly type: number;
  readonly flags?: number;
  readonly elements?: readonly Element[];
  readonly verb: string;
}

function encode(set: NamedSet, message: ElementsMessage): NetlinkRequest {
  const { type, flags = 0, elements, verb } = message;
  return encodeRequest({
    subsystem: NFNL_SUBSYS_NFTABLES,
    type,
    flags,
    family: set.table.family,
    attributes: [
      text(NFTA_SET_ELEM_LIST_TABLE, set.table.name),
      text(NFTA_SET_ELEM_LIST_SET, set.name),
      elements && nested(NFTA_SET_ELEM_LIST_ELEMENTS, ...elements.map(encodeElement)),
    ],
    label: `${verb} ${describeSet(set)}`,
  });
}

function encodeElement({ key, value, comment }: Element): Attribute {
  return nested(
    NFTA_LIST_ELEM,
    encodeValue(NFTA_SET_ELEM_KEY, key),
    value && encodeData(value),
    comment === undefined ? undefined : bytes(NFTA_SET_ELEM_USERDATA, encodeComment(comment)),
  );
}

function encodeData(value: Uint8Array | Verdict): Attribute {
  return value instanceof Uint8Array
    ? encodeValue(NFTA_SET_ELEM_DATA, value)
    : encodeVerdict(NFTA_SET_ELEM_DATA, value);
}

function encodeValue(type: number, value: Uint8Array): Attribute {
  return nested(type, bytes(NFTA_DATA_VALUE, value));
}

/** @returns the elements in a message; none when it is of another type */
export function decodeElements(message: NetlinkMessage): KernelElement[] {
  const list = decodeMessage(message, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWSETELEM);
  return (list?.list(NFTA_SET_ELEM_LIST_ELEMENTS) ?? []).flatMap((element) => {
    const key = element.nested(NFTA_SET_ELEM_KEY)?.bytes(NFTA_DATA_VALUE);
    return key === undefined ? [] : [decodeElement(key, element)];
  });
}

function decodeElement(key: Buffer, element: AttributeMap): KernelElement {
  const data = element.nested(NFTA_SET_ELEM_DATA);
  return {
    key,
    value: data?.bytes(NFTA_DATA_VALUE),
    target: decodeTarget(data),
    comment: decodeComment(element.bytes(NFTA_SET_ELEM_USERDATA)),
  };
}
