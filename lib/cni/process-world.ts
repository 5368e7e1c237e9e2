import { isSameFile } from "../sys/same-file.ts";
import { readStdin, writeStderr, writeStdout } from "../sys/stdio.ts";
import type { World } from "./world.ts";

/** The world of this process; what lies above or costs time to load comes from the entry point. */
export function processWorld(
  rest: Pick<World, "buildVersion" | "findPlugin" | "ownNetns" | "openNetns">,
): World {
  return {
    ...rest,
    variables: process.env,
    readStdin,
    writeStdout,
    writeStderr,
    execute(file, execution) {
      const exec: typeof import("../sys/exec.ts") = require("../sys/exec.ts");
      return exec.execute(file, execution);
    },
    isOwnExecutable: (file) => isSameFile(file, "/proc/self/exe"),
    isOwnNetns: (path) => isSameFile(path, "/proc/thread-self/ns/net"),
  };
}
