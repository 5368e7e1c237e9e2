import { isErrno } from "./errno.ts";
import { fgetxattr, fsetxattr } from "./libc.ts";

/** Extended attributes of open files (xattr(7)): notes on a file that are not in its content. */

const longestValue = 256;

/**
 * Sets an attribute.
 *
 * @param name with its namespace, as in "user.comment"
 * @returns false where the file system has no such attributes
 */
export function setXattr(fd: number, name: string, value: string): boolean {
  try {
    fsetxattr(fd, name, new TextEncoder().encode(value));
    return true;
  } catch (error) {
    if (isErrno(error, "EOPNOTSUPP")) return false;
    throw error;
  }
}

/** @returns the value of an attribute, undefined when there is none of up to 256 bytes */
export function findXattr(fd: number, name: string): string | undefined {
  const buffer = new Uint8Array(longestValue);
  try {
    const length = fgetxattr(fd, name, buffer);
    return length === undefined ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
  } catch (error) {
    if (isErrno(error, "EOPNOTSUPP", "ERANGE")) return undefined;
    throw error;
  }
}
