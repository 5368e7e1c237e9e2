import { isErrno } from "./errno.ts";
import { closeSync } from "./fs.ts";
import { getsockopt, socket } from "./libc.ts";
import { insideNetns, type NetnsFile } from "./netns.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;

/**
 * A name for a network namespace that no other has had, or will have, until the next boot. An inode
 * number is not: the kernel gives it to another namespace as soon as this one is gone.
 *
 * @returns the kernel's cookie; before Linux 5.14, which has none, the inode number after all
 */
export function netnsName(netns: NetnsFile): string {
  const fd = insideNetns(netns, () => socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    const cookie = new Uint8Array(8);
    getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie);
    return new DataView(cookie.buffer).getBigUint64(0, true).toString();
  } catch (error) {
    if (isErrno(error, "ENOPROTOOPT")) return `inode-${netns.inode}`;
    throw error;
  } finally {
    closeSync(fd);
  }
}
