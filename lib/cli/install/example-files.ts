import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Reads the examples of `conf/`. Imported as a macro: Bun calls this while it builds, and its
 * result stands in the executable.
 *
 * @returns the text of each by its name, such as "bridge"
 */
export function readExamples(): Record<string, string> {
  const directory = join(import.meta.dirname, "../../../conf");
  const files = readdirSync(directory).filter((file) => file.endsWith(".conflist"));
  return Object.fromEntries(
    files
      .sort()
      .map((file) => [file.replace(".conflist", ""), readFileSync(join(directory, file), "utf8")]),
  );
}
