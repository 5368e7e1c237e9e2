import { type Address, addressFromBytes, formatAddress, parseAddress } from "../ip/address.ts";
import { isErrno, isNotFound } from "../sys/errno.ts";
import { readdirSync, readFileSync } from "../sys/fs.ts";
import { closeNetns, insideNetns, openNetns } from "../sys/netns.ts";
import { linkTarget } from "../sys/rare-files.ts";

/**
 * Finds the addresses that something alive may be using: those of every interface, in every network
 * namespace that a process is in or that is mounted somewhere. Reads a file for each process.
 *
 * @returns their canonical texts; undefined when a namespace cannot be looked into
 */
export function findLiveAddresses(): ReadonlySet<string> | undefined {
  const texts = new Set<string>();
  try {
    for (const list of listNamespaces().values()) {
      for (const address of unlessGone(list) ?? []) texts.add(formatAddress(address));
    }
  } catch (error) {
    if (isErrno(error, "EACCES", "EPERM")) return undefined;
    throw error;
  }
  return texts;
}

/** @returns for every namespace, by its identity, how to list the addresses in it */
function listNamespaces(): ReadonlyMap<string, () => Address[]> {
  const namespaces = new Map<string, () => Address[]>();
  for (const { identity, path } of listMounted()) {
    namespaces.set(identity, () => listInside(path));
  }
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    namespaces.set(identify(pid), () => listAddresses(`/proc/${pid}/net`));
  }
  return namespaces;
}

/** Which namespace a process is in may be secret, what there is in its network is not. */
function identify(pid: string): string {
  try {
    return linkTarget(`/proc/${pid}/ns/net`);
  } catch (error) {
    if (isNotFound(error) || isErrno(error, "EACCES", "EPERM")) return `of process ${pid}`;
    throw error;
  }
}

/**
 * Namespaces that live without a process, such as those `ip netns add` makes. A line of mountinfo
 * (proc(5)) for one: "43 42 0:4 net:[4026532245] /run/netns/blue rw shared:2 - nsfs nsfs rw".
 */
function listMounted(): { identity: string; path: string }[] {
  const lines = readFileSync("/proc/self/mountinfo", "latin1").split("\n");
  return lines.flatMap((line) => {
    const [, , , root = "", path = ""] = line.split(" ");
    return root.startsWith("net:[") ? [{ identity: root, path: unquote(path) }] : [];
  });
}

/** White space and backslashes of a path are octal in mountinfo: "\040" is a blank. */
function unquote(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function listInside(path: string): Address[] {
  const netns = openNetns(path);
  try {
    return insideNetns(netns, () => listAddresses("/proc/thread-self/net"));
  } finally {
    closeNetns(netns);
  }
}

/** @param folder a namespace's view of its network: `/proc/PID/net` */
function listAddresses(folder: string): Address[] {
  const trie = readFileSync(`${folder}/fib_trie`, "latin1");
  const local = [...trie.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)];
  const ipv4 = local.flatMap(([, text = ""]) => parseAddress(text) ?? []);
  const ipv6 = readIpv6(`${folder}/if_inet6`).match(/^[0-9a-f]{32}/gm) ?? [];
  return [...ipv4, ...ipv6.map((hex) => addressFromBytes(Buffer.from(hex, "hex")))];
}

/** The file is missing where the kernel has no IPv6. */
function readIpv6(path: string): string {
  return unlessGone(() => readFileSync(path, "latin1")) ?? "";
}

/** Processes and namespaces may go while they are looked at; they are not alive then. */
function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
