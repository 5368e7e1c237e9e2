import type { Plugin, PluginEntry } from "../lib/cni/plugin.ts";
import { processWorld } from "../lib/cni/process-world.ts";
import { runPlugin } from "../lib/cni/run.ts";
import { currentVersion, specVersions } from "../lib/cni/version.ts";
import { type PluginName, pluginNames } from "./names.ts";

/**
 * The one executable. It is installed under every plugin's name, and the name that it is called by
 * says which one to be. `require` loads the code of that plugin when it is called, and no other's.
 */

/** Stamped by the build. */
declare const PATCHBAY_VERSION: string;

const loaders: { readonly [name in PluginName]?: () => Plugin<unknown> } = {
  bridge() {
    const module: typeof import("./bridge/bridge.ts") = require("./bridge/bridge.ts");
    return module.bridge;
  },
  "host-local"() {
    const module: typeof import("../ipam/host-local/host-local.ts") =
      require("../ipam/host-local/host-local.ts");
    return module.hostLocal;
  },
  loopback() {
    const module: typeof import("./loopback/loopback.ts") = require("./loopback/loopback.ts");
    return module.loopback;
  },
  portmap() {
    const module: typeof import("./portmap/portmap.ts") = require("./portmap/portmap.ts");
    return module.portmap;
  },
};

function findPlugin(wanted: string): PluginEntry | undefined {
  for (const name of pluginNames) {
    const load = loaders[name];
    if (name === wanted && load !== undefined) return { name, versions: specVersions, load };
  }
  return undefined;
}

const world = processWorld({
  buildVersion: `patchbay-v${PATCHBAY_VERSION}`,
  findPlugin,
  ownNetns: () => loadNetns().own(),
  openNetns: (path) => loadNetns().open(path),
});

function loadNetns() {
  const module: typeof import("../lib/kernel/netns.ts") = require("../lib/kernel/netns.ts");
  return module.Netns;
}

/** Also as it is called before it is installed, such as "patchbay-1.2.3-linux-x64". */
function isTool(name: string): boolean {
  return /^patchbay(?![a-z])/.test(name);
}

/** `node:path` would take longer to load than the rest of this file. */
function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Goes by the name it was called by; under a name that means nothing, by the name of its file. */
function main(): number {
  for (const path of [process.argv0, process.execPath]) {
    const plugin = findPlugin(baseName(path));
    if (plugin !== undefined) return runPlugin(plugin, world);
    if (isTool(baseName(path))) return operate();
  }
  throw new Error(
    `there is no plugin "${baseName(process.argv0)}": this executable is to be called ` +
      `${pluginNames.join(", ")} or patchbay`,
  );
}

/**
 * The operator's tool is no plugin: it waits for those it calls. Its code is a file of its own, so
 * that no plugin's start has to pay for it.
 */
function operate(): number {
  const plugins = pluginNames.flatMap((name) => findPlugin(name) ?? []);
  import("../lib/cli/main.ts")
    .then((tool) => tool.main(process.argv.slice(2), { version: PATCHBAY_VERSION, plugins }))
    .catch(report)
    .then((status) => {
      process.exitCode = status;
    });
  return 0;
}

/** Whatever happens, a runtime gets an error that it can read, and nobody gets a stack trace. */
function run(): number {
  try {
    return main();
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  const failure: typeof import("../lib/cni/failure.ts") = require("../lib/cni/failure.ts");
  return failure.reportFailure(error, currentVersion, world);
}

process.exitCode = run();
