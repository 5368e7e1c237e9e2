import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { version } from "../package.json";
import { pluginNames } from "../plugins/names.ts";

export const folder = "dist/bin";

/** What the one executable is called: by runtimes, and by operators. */
export const names: readonly string[] = [...pluginNames, "patchbay"];

/**
 * Nothing in the directory that a runtime happens to start a plugin in may decide what runs as
 * root, so all that Bun reads there by itself is off.
 */
const readNothing = ["dotenv", "bunfig", "tsconfig", "package-json"].map(
  (file) => `--no-compile-autoload-${file}`,
);

/** Bytecode saves parsing at every start; Bun has it for CommonJS alone when compiling. */
const startFast = ["--compile", "--bytecode", "--minify", "--format=cjs"];

/**
 * Compiles the one executable and links it under each of its {@link names}. Each name changes in
 * one step, so a runtime that calls a plugin meanwhile gets the old or the new one, whole.
 */
export function compile(): void {
  mkdirSync(folder, { recursive: true });
  const fresh = `${folder}/.new-${process.pid}`;
  try {
    bundle(fresh);
    for (const name of names) {
      linkSync(fresh, `${fresh}-${name}`);
      renameSync(`${fresh}-${name}`, `${folder}/${name}`);
    }
  } finally {
    rmSync(fresh, { force: true });
  }
  removeStrangers();
}

function bundle(outfile: string): void {
  const stamp = `--define=PATCHBAY_VERSION=${JSON.stringify(version)}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["build", ...startFast, ...readNothing, stamp, `--outfile=${outfile}`, "plugins/main.ts"],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`Cannot compile plugins/main.ts:\n${stdout}${stderr}`);
}

/** Plugins that are gone or renamed must not stay behind and be called. */
function removeStrangers(): void {
  for (const name of readdirSync(folder)) {
    if (!names.includes(name) && !name.startsWith(".")) rmSync(`${folder}/${name}`);
  }
}

/** Whether every name is there and newer than all that it is made from. */
export function isUpToDate(): boolean {
  const made = names.map((name) => modifiedAt(`${folder}/${name}`) ?? 0);
  const folders = ["plugins", "ipam", "lib"];
  const sources = ["package-lock.json", "package.json", "build/executables.ts", ...folders];
  for (const top of folders) {
    sources.push(...new Bun.Glob(`${top}/**/*`).scanSync({ onlyFiles: false }));
  }
  return Math.min(...made) > Math.max(...sources.map((path) => modifiedAt(path) ?? 0));
}

function modifiedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
