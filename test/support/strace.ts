import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The system calls that change what is on disk, or a lock. */
const changing = [
  "chmod",
  "fchmod",
  "flock",
  "fsetxattr",
  "ftruncate",
  "link",
  "mkdir",
  "openat",
  "pwrite64",
  "rename",
  "rmdir",
  "unlink",
  "unlinkat",
  "utimensat",
  "write",
];

/** One system call of a program's main thread. */
export interface Point {
  readonly name: string;
  /** The how manieth of its name it is, from 1. */
  readonly when: number;
  /** As strace prints it. */
  readonly text: string;
}

/** Lines such as: 2927  link("/a", "/b") = 0 */
const line = /^(\d+) +(\w+)\((.*)$/;

/**
 * Runs a program and lists its system calls that change something below a path.
 *
 * @param execute runs the program with these words before its command line
 */
export function findPoints(path: string, execute: (prefix: readonly string[]) => void): Point[] {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-strace-"));
  try {
    const log = join(folder, "log");
    execute([...traced, "-y", "-o", log]);
    return parseLog(readFileSync(log, "utf8")).filter((point) => changes(point, path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Words before a command line: the program gets this signal instead of that system call. */
export function killedAt({ name, when }: Point): readonly string[] {
  return [...traced, "-o", "/dev/null", "-e", `inject=${name}:signal=KILL:when=${when}`];
}

/** Words before a command line: that system call fails, such as with "ENOSPC". */
export function failingAt({ name, when }: Point, error: string): readonly string[] {
  return [...traced, "-o", "/dev/null", "-e", `inject=${name}:error=${error}:when=${when}`];
}

/** Words before a command line: how often each system call is made goes into a file. */
export function countedInto(file: string): readonly string[] {
  return ["strace", "-f", "-qq", "-c", "-S", "name", "-U", "name,calls", "-o", file];
}

const traced = ["strace", "-f", "-qq", "-e", `trace=${changing.join(",")}`];

function parseLog(log: string): Point[] {
  const counts = new Map<string, number>();
  let main: string | undefined;
  return log.split("\n").flatMap((text) => {
    const [, thread, name, rest = ""] = line.exec(text) ?? [];
    if (thread === undefined || name === undefined) return [];
    main ??= thread;
    if (thread !== main) return [];
    const when = (counts.get(name) ?? 0) + 1;
    counts.set(name, when);
    return [{ name, when, text: `${name}(${rest}` }];
  });
}

function changes({ name, text }: Point, path: string): boolean {
  return text.includes(path) && (name !== "openat" || /O_CREAT|O_TRUNC/.test(text));
}
