import fc from "fast-check";
import { runPlugin } from "../../../lib/cni/run.ts";
import type { Finished } from "../../../lib/sys/exec.ts";
import { SyscallError } from "../../../lib/sys/syscall-error.ts";
import { patchbay } from "../../support/lab.ts";
import { damaged, textOf } from "./damage.ts";
import { configs, results } from "./documents.ts";
import { type Ended, inTime, judge } from "./judgement.ts";
import { almost } from "./mutation.ts";
import { oddText } from "./oddities.ts";
import { purePlugins } from "./pure-plugins.ts";

/** One call of a plugin, with something wrong about it. */
interface Call {
  readonly plugin: (typeof purePlugins)[number];
  readonly variables: { readonly [name: string]: string };
  readonly stdin: Uint8Array;
  /** What a delegate does when it is executed. */
  readonly delegate: Finished | "cannot be started";
}

/** Mostly what it should be, that there is more wrong than only this. */
function mostly(value: string, others: fc.Arbitrary<string> = oddText): fc.Arbitrary<string> {
  return fc.oneof({ arbitrary: fc.constant(value), weight: 40 }, { arbitrary: others, weight: 1 });
}

const oddArgs = ["IP", "=", ";", "IP=;MAC=", "IP=1;IP=2", "IgnoreUnknown=maybe"];

const variables = fc.record({
  CNI_COMMAND: fc.oneof(
    { arbitrary: fc.constant("ADD"), weight: 20 },
    { arbitrary: fc.constantFrom("CHECK", "DEL", "GC", "STATUS"), weight: 10 },
    { arbitrary: fc.constantFrom("VERSION", "X", ""), weight: 1 },
  ),
  CNI_CONTAINERID: mostly("a"),
  CNI_NETNS: mostly("/run/netns/a"),
  CNI_IFNAME: mostly("eth0"),
  CNI_PATH: mostly(patchbay),
  CNI_ARGS: mostly(
    "IgnoreUnknown=1;IP=10.1.2.13;K8S_POD_NAME=p",
    fc.oneof(fc.constantFrom(...oddArgs), oddText),
  ),
});

const answer = fc.oneof(
  { arbitrary: textOf(almost(...results)), weight: 15 },
  textOf(almost({ cniVersion: "1.1.0", code: 11, msg: "later", details: "d" })),
  damaged(fc.constant(new Uint8Array(3))),
);

/** A delegate gives a result, an error, or something that is neither. */
const delegate: fc.Arbitrary<Call["delegate"]> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      exitCode: fc.constantFrom(0, 0, 0, 0, 0, 1, 127, undefined),
      signal: fc.constantFrom(undefined, "SIGKILL"),
      stdout: answer,
      stderr: fc.constantFrom("", "warning\n"),
    }),
  },
  { weight: 1, arbitrary: fc.constant("cannot be started" as const) },
);

/** Calls of all plugins, almost right ones. */
export const calls: fc.Arbitrary<Call> = fc.constantFrom(...purePlugins).chain((plugin) =>
  fc.record({
    plugin: fc.constant(plugin),
    variables,
    stdin: textOf(almost(...(configs[plugin.name] ?? []))),
    delegate,
  }),
);

/** @returns what a runtime could not live with; "" if there is nothing */
export function judgeCall(call: Call): string {
  const started: string[] = [];
  const complaint = inTime(() => judge(runCall(call, started)));
  const stranger = started.find((file) => !isNamed(file, call));
  return stranger === undefined ? complaint : `executed ${stranger}`;
}

/** @param started where the files go that were executed */
function runCall({ plugin, variables, stdin, delegate }: Call, started: string[]): Ended {
  const said = { stdout: "", stderr: "" };
  const print = (text: string) => {
    said.stdout += text;
  };
  const status = runPlugin(plugin, {
    variables,
    buildVersion: "test-v1",
    readStdin: () => stdin,
    writeStdout: print,
    print,
    writeStderr: (text) => {
      said.stderr += text;
    },
    findPlugin: () => undefined,
    isOwnExecutable: () => false,
    execute: (file) => {
      started.push(file);
      if (delegate !== "cannot be started") return delegate;
      throw new SyscallError("exec", 13, file);
    },
    isOwnNetns: () => false,
    ownNetns: refuse,
    openNetns: refuse,
  });
  return { status, ...said };
}

function refuse(): never {
  throw new Error("A pure plugin opens no namespace");
}

/** Whether a configuration asks for this executable, in a directory that the runtime names. */
function isNamed(file: string, { variables, stdin }: Call): boolean {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const path = variables["CNI_PATH"]?.split(":") ?? [];
  const isInPath = path.some((directory) => file === `${directory}/${name}`);
  return isInPath && Buffer.from(stdin).includes(JSON.stringify(name).slice(1, -1));
}
