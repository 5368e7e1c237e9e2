import { run } from "../support/namespace.ts";

/**
 * Asks for what not every machine has, for tap's `skip`.
 *
 * @returns false when all of these programs are installed, else what to tell
 */
export function lacksPrograms(...programs: readonly string[]): string | false {
  const missing = programs.filter(
    (program) => run(["sh", "-c", questionOf(program)]).exitCode !== 0,
  );
  if (missing.length === 0) return false;
  return `not installed: ${missing.join(", ")} ("npm run packages -- runtimes" installs them)`;
}

/** busybox has to be one that runs without libraries: there are none in an image. */
function questionOf(program: string): string {
  return program === "busybox" ? "! ldd /bin/busybox" : `command -v ${program}`;
}
