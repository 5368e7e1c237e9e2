import { linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { version } from "../package.json";
import { pluginNames } from "../plugins/names.ts";
import { sealEnvironment } from "./environment-seal.ts";
import { netlinkAsModules } from "./netlink-modules.ts";
import { toolAsOneFile } from "./tool-as-one-file.ts";

export const folder = "dist/bin";

/** What the one executable is called: by runtimes, and by operators. */
export const names: readonly string[] = [...pluginNames, "patchbay"];

/**
 * Compiles the one executable and links it under each of its {@link names}. Each name changes in
 * one step, so a runtime that calls a plugin meanwhile gets the old or the new one, whole.
 */
export async function compile(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const fresh = `${folder}/.new-${process.pid}`;
  try {
    await compileExecutable(fresh);
    for (const name of names) {
      linkSync(fresh, `${fresh}-${name}`);
      renameSync(`${fresh}-${name}`, `${folder}/${name}`);
    }
  } finally {
    rmSync(fresh, { force: true });
  }
  removeStrangers();
}

/** For which machines an executable is made, if not for those like this one. */
export interface ForeignRuntime {
  /** In Bun's words: "bun-linux-arm64-musl". */
  readonly target: Bun.Build.CompileTarget;
  /** Of the Bun that becomes a part of the executable, in this same version. */
  readonly executablePath: string;
}

/**
 * Makes the executable that serves under every name. The same sources give the same bytes, as long
 * as the file's own name is the same too, which Bun writes into it.
 *
 * What these settings save at every start is in test/bench/README.md.
 *
 * @param instruments may change what is compiled, to measure it
 */
export async function compileExecutable(
  outfile: string,
  runtime?: ForeignRuntime,
  instruments: readonly Bun.BunPlugin[] = [],
): Promise<void> {
  const netlink = netlinkAsModules();
  const { success, logs } = await Bun.build({
    entrypoints: ["plugins/main.ts"],
    target: "bun",
    // Modules that are loaded lazily become files of their own: nobody pays for others' code.
    format: "esm",
    splitting: true,
    bytecode: true,
    minify: true,
    define: { PATCHBAY_VERSION: JSON.stringify(version) },
    plugins: [...instruments, netlink.plugin, await toolAsOneFile([netlink.plugin])],
    throw: false,
    compile: {
      ...runtime,
      outfile,
      // Nothing in the directory that a runtime happens to start a plugin in may decide what runs
      // as root.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      // A plugin is done before compiled code would have paid for the threads that compile it.
      jitPolicy: 100,
    },
  });
  if (!success) throw new Error(`Cannot compile plugins/main.ts:\n${logs.join("\n")}`);
  netlink.expectUsed();
  sealEnvironment(outfile);
}

/** Plugins that are gone or renamed must not stay behind and be called. */
function removeStrangers(): void {
  for (const name of readdirSync(folder)) {
    if (!names.includes(name) && !name.startsWith(".")) rmSync(`${folder}/${name}`);
  }
}

const builders = [
  "build/environment-seal.ts",
  "build/executables.ts",
  "build/netlink-modules.ts",
  "build/tool-as-one-file.ts",
];

/** Whether every name is there and newer than all that it is made from. */
export function isUpToDate(): boolean {
  const made = names.map((name) => modifiedAt(`${folder}/${name}`) ?? 0);
  const folders = ["plugins", "ipam", "lib"];
  const sources = ["package-lock.json", "package.json", ...builders, ...folders];
  for (const top of folders) {
    sources.push(...new Bun.Glob(`${top}/**/*`).scanSync({ onlyFiles: false }));
  }
  return Math.min(...made) > Math.max(...sources.map((path) => modifiedAt(path) ?? 0));
}

function modifiedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
