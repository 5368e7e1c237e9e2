import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { BunPlugin } from "bun";

const root = join(import.meta.dir, "../..");
const laps = join(import.meta.dir, "laps.ts");

/**
 * Puts a clock into all of our modules: it notes when a module has been evaluated, when a step of a
 * plugin begins, and what the kernel is asked for.
 */
export const instrument: BunPlugin = {
  name: "a clock in every module",
  setup(build) {
    const filter = new RegExp(`^${root}/(?:ipam|plugins|lib/(?!cli/))`);
    build.onLoad({ filter }, ({ path }) => ({
      contents: withClock(relative(root, path), readFileSync(path, "utf8")),
      loader: "ts",
    }));
  },
};

/** Where functions are steps of a story, not means. */
const steps =
  /^(ipam|plugins)\/.*\/|^lib\/cni\/(answer|config|dispatch|ipam-delegate)\.ts$|^lib\/sys\/stdio\.ts$/;

/** The head of a top-level function, on one line or on several. */
const functionHead =
  /^(?:export )?function (\w+)(?:<.*>)?\((?:.*|\n(?: {2}.*\n)*)\)(?:: .*)? \{$/gm;

function withClock(path: string, source: string): string {
  let text = source;
  if (steps.test(path)) {
    text = text.replaceAll(functionHead, (head, name: string) => `${head} lap("step ${name}");`);
  }
  if (path === "lib/sys/libc.ts") text = text.replaceAll(/dlopen\((.*)\)\.symbols/g, timedSymbols);
  const imports = `import { inKernel, lap, reportLaps } from "${laps}";\n`;
  const end = path === "plugins/main.ts" ? "reportLaps();" : `lap("module ${path}");`;
  return `${imports}${text}\n${end}\n`;
}

/** All functions of the C library but the one that reads errno, which another call would change. */
const timedSymbols = `(Object.fromEntries(
  Object.entries(dlopen($1).symbols).map(([name, call]) => [
    name,
    name === "__errno_location" ? call : inKernel(name, call),
  ]),
) as Libc)`;
