/** A moment at which a process is killed: as it enters a system call for the n-th time. */
export interface Point {
  readonly call: string;
  readonly occurrence: number;
  /** Whether something outside of the process may have changed since the point before. */
  readonly isEffective: boolean;
  /** As strace prints it. */
  readonly text: string;
}

/**
 * Calls that change what others can see. Whatever lies between two of them, to die there leaves the
 * same behind.
 */
const effective =
  /^(sendto|sendmsg|write|pwrite64|link|linkat|unlink|unlinkat|rename|renameat2?|mkdir|mkdirat|rmdir|chmod|fchmod|ftruncate|utimensat|fsetxattr|exit_group)$/;

/** Requests that only ask. */
const question =
  /nlmsg_type=(RTM_GET|NFNL_SUBSYS_NFTABLES<<8\|NFT_MSG_GET|NFNL_SUBSYS_CTNETLINK<<8\|IPCTNL_MSG_CT_GET)/;

/** @param trace what strace wrote of one thread: every system call on a line, in order */
export function listPoints(trace: string): Point[] {
  const counts = new Map<string, number>();
  return trace.split("\n").flatMap((line) => {
    const call = /^(\w+)\(/.exec(line)?.[1];
    if (call === undefined || call === "execve") return [];
    const occurrence = (counts.get(call) ?? 0) + 1;
    counts.set(call, occurrence);
    return [
      { call, occurrence, isEffective: effective.test(call) && !question.test(line), text: line },
    ];
  });
}

/** The same call after all that were seen: a process may make one more than the last time. */
export function nextPoint({ call, occurrence }: Point): Point {
  return { call, occurrence: occurrence + 1, isEffective: false, text: call };
}

/** @returns for every call the last point */
export function lastPoints(points: readonly Point[]): Point[] {
  return [...new Map(points.map((point) => [point.call, point])).values()];
}

export function describePoint({ call, occurrence }: Point): string {
  return `${call} ${occurrence}`;
}
