import type { PluginEntry } from "./plugin.ts";
import { currentVersion } from "./version.ts";
import type { World } from "./world.ts";

/**
 * Runs one plugin, once. What can be said without loading it is said here.
 *
 * @returns the exit status
 */
export function runPlugin(plugin: PluginEntry, world: World): number {
  switch (world.variables["CNI_COMMAND"] ?? "") {
    case "":
      return describePlugin(plugin, world);
    case "VERSION":
      return describeVersions(plugin, world);
    default: {
      const { answer }: typeof import("./answer.ts") = require("./answer.ts");
      return answer(plugin, world);
    }
  }
}

/** For people who run a plugin by hand to see what it is. */
function describePlugin({ name, versions }: PluginEntry, world: World): number {
  world.writeStderr(
    `CNI ${name} plugin ${world.buildVersion}\n` +
      `CNI protocol versions supported: ${versions.join(", ")}\n`,
  );
  return 0;
}

function describeVersions({ versions }: PluginEntry, world: World): number {
  const document = { cniVersion: currentVersion, supportedVersions: versions };
  world.print(`${JSON.stringify(document)}\n`);
  return 0;
}
