import { print } from "../sys/print.ts";
import type { World } from "./world.ts";

/**
 * The world of this process; what lies above comes from the entry point. Nothing that costs time
 * to load is loaded before it is used: VERSION does without all of it.
 */
export function processWorld(
  rest: Pick<World, "buildVersion" | "findPlugin" | "ownNetns" | "openNetns">,
): World {
  return {
    ...rest,
    variables: process.env,
    readStdin: (limit) => loadStdio().readStdin(limit),
    writeStdout: (text) => loadStdio().writeStdout(text),
    print,
    writeStderr: (text) => loadStdio().writeStderr(text),
    execute(file, execution) {
      const exec: typeof import("../sys/exec.ts") = require("../sys/exec.ts");
      return exec.execute(file, execution);
    },
    isOwnExecutable: (file) => isSameFile(file, "/proc/self/exe"),
    isOwnNetns: (path) => isSameFile(path, "/proc/thread-self/ns/net"),
  };
}

function loadStdio() {
  const stdio: typeof import("../sys/stdio.ts") = require("../sys/stdio.ts");
  return stdio;
}

function isSameFile(a: string, b: string): boolean {
  const sameFile: typeof import("../sys/same-file.ts") = require("../sys/same-file.ts");
  return sameFile.isSameFile(a, b);
}
