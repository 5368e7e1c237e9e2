import { errnoOf } from "./errno.ts";
import { closeSync, constants, fstatfsSync, fstatSync, openSync } from "./fs.ts";
import { setns } from "./libc.ts";
import { NotANamespaceError } from "./not-a-namespace-error.ts";
import { writeStdout } from "./stdio.ts";
import { SyscallError } from "./syscall-error.ts";

const CLONE_NEWNET = 0x40000000; // include/uapi/linux/sched.h
const NSFS_MAGIC = 0x6e736673; // include/uapi/linux/magic.h
const PROC_SUPER_MAGIC = 0x9fa0;

/** An open network namespace file. Two are the same namespace when device and inode are equal. */
export interface NetnsFile {
  readonly path: string;
  readonly fd: number;
  readonly device: number;
  readonly inode: bigint;
}

/**
 * Opens the network namespace at `path`, usually below /run/netns or /proc/PID/ns.
 *
 * @throws {SyscallError} ENOENT when there is nothing at `path`
 * @throws {NotANamespaceError} when it is something else
 */
export function openNetns(path: string): NetnsFile {
  const fd = open(path);
  try {
    const { type } = fstatfsSync(fd);
    if (type !== NSFS_MAGIC && type !== PROC_SUPER_MAGIC) throw new NotANamespaceError(path);
    const { dev, ino } = fstatSync(fd);
    return { path, fd, device: dev, inode: ino };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function open(path: string): number {
  // Also for "", which node would resolve to the current directory.
  if (path === "") throw new SyscallError("open", errnoOf("ENOENT"), path);
  try {
    // Non-blocking, lest a planted FIFO hold the plugin for ever.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const errno = error instanceof Error && "errno" in error ? Number(error.errno) : 0;
    throw new SyscallError("open", Math.abs(errno), path);
  }
}

/** Opens the namespace this process runs in. */
export function ownNetns(): NetnsFile {
  return openNetns("/proc/thread-self/ns/net");
}

/** Whether both are the same namespace, whatever their paths. */
export function isSameNetns(a: NetnsFile, b: NetnsFile): boolean {
  return a.device === b.device && a.inode === b.inode;
}

/** Closes the file; the namespace lives on as long as something else holds it. */
export function closeNetns(netns: NetnsFile): void {
  closeSync(netns.fd);
}

/**
 * Runs `work` with this thread inside `netns`, then returns to where it was. Sockets that `work`
 * opens stay in `netns`; files below /proc/sys/net are those of `netns`; children start there.
 * `work` must be synchronous: whatever else ran meanwhile would run in the wrong namespace.
 */
export function insideNetns<T>(netns: NetnsFile, work: () => T): T {
  const home = ownNetns();
  try {
    if (isSameNetns(home, netns)) return work();
    setns(netns.fd, CLONE_NEWNET);
    try {
      return work();
    } finally {
      returnTo(home);
    }
  } finally {
    closeNetns(home);
  }
}

function returnTo(home: NetnsFile): void {
  try {
    setns(home.fd, CLONE_NEWNET);
  } catch (error) {
    // Everything this process did from here on would happen in a container's namespace. What it has
    // done so far is left to the DEL that follows a failed ADD.
    const msg = `cannot return to the network namespace of the host: ${error}`;
    try {
      writeStdout(JSON.stringify({ cniVersion: "1.0.0", code: 999, msg }));
    } finally {
      process.exit(1);
    }
  }
}
