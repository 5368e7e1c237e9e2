import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { plugins } from "./plan.ts";

/** Executables to compare VERSION with: what Bun costs before a program has done anything. */
export const floors = {
  "does nothing": "",
  "writes one line": 'import { writeSync } from "node:fs";\nwriteSync(1, "{}\\n");\n',
} as const;

/** Makes a directory of plugins that are one of the {@link floors}. @returns its path */
export async function buildFloor(name: keyof typeof floors, parent: string): Promise<string> {
  const directory = `${parent}/${name.replaceAll(" ", "-")}`;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const source = `${directory}/floor.ts`;
  writeFileSync(source, floors[name]);
  const outfile = `${directory}/floor`;
  await Bun.build({
    entrypoints: [source],
    target: "bun",
    format: "esm",
    bytecode: true,
    minify: true,
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
  });
  for (const plugin of plugins) linkSync(outfile, `${directory}/${plugin}`);
  return directory;
}
