import { MalformedMessageError } from "../message.ts";

const HEADER_LENGTH = 4;
const NLA_TYPE_MASK = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER

/**
 * Finds attributes that somebody is going to look at. The codec would make an object of each: of
 * fifty for a link, of which plugins look at eight, several times a call.
 *
 * @param start of the first attribute in `bytes`
 * @param names of those that are wanted, by number
 * @returns their values, views of `bytes`; of several with one number the last
 * @throws {MalformedMessageError}
 */
export function pickAttributes<Name extends string>(
  bytes: Buffer,
  start: number,
  names: { readonly [type: number]: Name },
): { readonly [name in Name]?: Buffer } {
  const picked: { [name in Name]?: Buffer } = {};
  // Not compiled, each look at a property takes its time: so the length is asked for once, and that
  // of an attribute is read together with its type.
  const end = bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, end);
  let offset = start;
  while (end - offset >= HEADER_LENGTH) {
    const header = view.getUint32(offset, true);
    const length = header & 0xffff;
    if (length < HEADER_LENGTH || offset + length > end) {
      const left = end - offset;
      throw new MalformedMessageError(`Attribute claims ${length} bytes where ${left} are left`);
    }
    const name = names[(header >>> 16) & NLA_TYPE_MASK];
    if (name !== undefined) picked[name] = bytes.subarray(offset + HEADER_LENGTH, offset + length);
    offset += (length + 3) & ~3;
  }
  return picked;
}
