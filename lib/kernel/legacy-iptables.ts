import { isErrno, isNotFound } from "../sys/errno.ts";
import { closeSync, readFileSync } from "../sys/fs.ts";
import { getsockopt, socket } from "../sys/libc.ts";
import { insideNetns, type NetnsFile } from "../sys/netns.ts";

/**
 * What the tables of legacy iptables (those that are not nf_tables) hold, asked of the kernel as
 * `iptables-legacy-save` asks it, without starting a program.
 * include/uapi/linux/netfilter_ipv4/ip_tables.h, and the same for IPv6
 */

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_RAW = 255;
const SOL_IP = 0;
const SOL_IPV6 = 41;
const IPT_SO_GET_INFO = 64;
const IPT_SO_GET_ENTRIES = 65;

/** `struct ipt_getinfo`: name, valid hooks, hook entries, underflows, number of entries, size. */
const INFO_LENGTH = 84;
const INFO_SIZE_OFFSET = 80;
/** `struct ipt_get_entries` up to the entries: name, size, padding. */
const ENTRIES_OFFSET = 40;
const TABLE_NAME_LENGTH = 32;

/** Whether somebody uses a legacy table. */
export function hasLegacyTable(netns: NetnsFile, family: 4 | 6, table: string): boolean {
  return insideNetns(netns, () => isInUse(family, table));
}

/** Whether a legacy table has a chain. A table that nobody uses yet is not brought into being. */
export function hasLegacyChain(
  netns: NetnsFile,
  family: 4 | 6,
  table: string,
  chain: string,
): boolean {
  return insideNetns(netns, () => {
    if (!isInUse(family, table)) return false;
    const fd = socket(family === 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    try {
      // A chain starts with an entry that holds its name; nothing else holds names.
      return readEntries(fd, family, table).includes(`${chain}\0`);
    } catch (error) {
      // Gone since, or this process may not look: then it could not change it either.
      if (isNotFound(error) || isErrno(error, "EPERM", "ENOPROTOOPT")) return false;
      throw error;
    } finally {
      closeSync(fd);
    }
  });
}

function isInUse(family: 4 | 6, table: string): boolean {
  try {
    const file = `/proc/thread-self/net/ip${family === 4 ? "" : "6"}_tables_names`;
    return readFileSync(file, "utf8").split("\n").includes(table);
  } catch (error) {
    // In a user namespace the file still belongs to the root outside, and cannot be read.
    if (isNotFound(error) || isErrno(error, "EACCES")) return false;
    throw error;
  }
}

function readEntries(fd: number, family: 4 | 6, table: string): Buffer {
  const level = family === 4 ? SOL_IP : SOL_IPV6;
  for (;;) {
    const info = Buffer.alloc(INFO_LENGTH);
    info.write(table, 0, TABLE_NAME_LENGTH - 1);
    getsockopt(fd, level, IPT_SO_GET_INFO, info);
    const size = info.readUInt32LE(INFO_SIZE_OFFSET);

    const entries = Buffer.alloc(ENTRIES_OFFSET + size);
    entries.write(table, 0, TABLE_NAME_LENGTH - 1);
    entries.writeUInt32LE(size, TABLE_NAME_LENGTH);
    try {
      getsockopt(fd, level, IPT_SO_GET_ENTRIES, entries);
      return entries.subarray(ENTRIES_OFFSET);
    } catch (error) {
      // The table got another size between the two calls.
      if (!isErrno(error, "EAGAIN")) throw error;
    }
  }
}
