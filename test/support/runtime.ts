import type { Plugin, PluginEntry } from "../../lib/cni/plugin.ts";
import { runPlugin } from "../../lib/cni/run.ts";
import { specVersions } from "../../lib/cni/version.ts";
import type { World } from "../../lib/cni/world.ts";
import type { Json } from "./outcome.ts";

/** What a runtime gets to see of a plugin that was run inside this process. */
export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout, parsed, if there is any. */
  readonly document: Json | undefined;
}

export const variables = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "container-a",
  CNI_NETNS: "/run/netns/a",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/opt/cni/bin",
} as const;

export const config = { cniVersion: "1.1.0", name: "net", type: "test" } as const;

function refuse(): never {
  throw new Error("A plugin in this test has no business there");
}

/** Runs a plugin as `plugins/main.ts` does, in a world of which the test gives what matters. */
export function answerOf(
  plugin: PluginEntry,
  env: { readonly [name: string]: string | undefined },
  stdin: unknown,
  world: Partial<World> = {},
): Answer {
  let [stdout, stderr] = ["", ""];
  const status = runPlugin(plugin, {
    variables: { ...variables, ...env },
    buildVersion: "test-v1",
    readStdin: () =>
      new TextEncoder().encode(typeof stdin === "string" ? stdin : JSON.stringify(stdin)),
    writeStdout: (text) => {
      stdout += text;
    },
    print: (text) => {
      stdout += text;
    },
    writeStderr: (text) => {
      stderr += text;
    },
    findPlugin: () => undefined,
    isOwnExecutable: () => false,
    execute: refuse,
    isOwnNetns: () => false,
    ownNetns: refuse,
    openNetns: refuse,
    ...world,
  });
  const document = stdout === "" ? undefined : JSON.parse(stdout);
  return { status, stdout, stderr, document };
}

/** A plugin that does what the test says, and nothing else. */
export function pluginOf(handlers: Partial<Plugin<unknown>>): PluginEntry {
  const load = (): Plugin<unknown> => ({
    parseConfig: () => undefined,
    add: () => ({}),
    check: () => {},
    del: () => {},
    profile: () => ({ kind: "interface", shape: { kind: "any" } }),
    ...handlers,
  });
  return { name: "test", versions: specVersions, load };
}
