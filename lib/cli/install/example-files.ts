import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Reads the examples of `conf/`. Imported as a macro: Bun calls this while it builds, and its
 * result stands in the executable.
 *
 * @returns the text of each by its file name, such as "10-bridge.conflist"
 */
export function readExamples(): Record<string, string> {
  const directory = join(import.meta.dirname, "../../../conf");
  const names = readdirSync(directory).filter((name) => name.endsWith(".conflist"));
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(join(directory, name), "utf8")]),
  );
}
