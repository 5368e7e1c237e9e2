import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { patchbay, reference, type Verb } from "./lab.ts";
import { run } from "./namespace.ts";
import { type Json, type Outcome, PluginFailure, parseOutcome } from "./outcome.ts";

/** One call of host-local. Whatever is left out has a sensible default. */
export interface IpamCall {
  /** Where the executables are: {@link patchbay} by default, or {@link reference}. */
  readonly suite?: string;
  readonly containerId?: string;
  readonly ifName?: string;
  readonly network?: string;
  readonly cniVersion?: string;
  /** Members of `ipam`, on top of those of the lab. */
  readonly ipam?: Json;
  /** Members of the configuration beside `ipam`. */
  readonly config?: Json;
  readonly args?: string;
  /** A command line that starts the executable, such as that of strace. */
  readonly prefix?: readonly string[];
}

/** A directory of reservations, and the two programs that work on it. It needs no namespaces. */
export class IpamLab {
  /** @param ipam what every call has in `ipam`, "type" and "dataDir" aside */
  static create(t: Pick<Test, "teardown">, ipam: Json = setsOf("10.1.2.0/24")): IpamLab {
    const dataDir = mkdtempSync(join(tmpdir(), "patchbay-ipam-"));
    t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
    return new IpamLab(dataDir, ipam);
  }

  constructor(
    readonly dataDir: string,
    private readonly ipam: Json,
  ) {}

  call(verb: Verb, call: IpamCall = {}): Outcome {
    const { argv, stdin, env } = this.#request(verb, call);
    return parseOutcome(run(argv, { stdin, env }));
  }

  /** The same, without waiting for it. */
  start(verb: Verb, call: IpamCall = {}): Promise<Outcome> {
    const { argv, stdin, env } = this.#request(verb, call);
    const [program = "", ...args] = argv;
    const child = spawn(program, args, { env: { ...process.env, ...env } });
    child.stdin.end(stdin);
    return outcomeOf(child);
  }

  /** @throws {PluginFailure} unless it succeeds. @returns the result of ADD */
  succeed(verb: Verb, call: IpamCall = {}): Json {
    const outcome = this.call(verb, call);
    if (outcome.exitCode !== 0) throw new PluginFailure(verb, "host-local", outcome);
    return outcome.result ?? {};
  }

  /** ADD, which has to succeed. @returns the addresses, without prefix lengths */
  add(containerId: string, call: IpamCall = {}): string[] {
    const { ips } = this.succeed("ADD", { ...call, containerId });
    return ips.map(({ address }: Json) => address.split("/")[0]);
  }

  del(containerId: string, call: IpamCall = {}): void {
    this.succeed("DEL", { ...call, containerId });
  }

  /** @returns CODE MSG of a call that has to fail */
  fail(verb: Verb, call: IpamCall = {}): string {
    const { exitCode, error, stdout } = this.call(verb, call);
    if (exitCode === 0) throw new Error(`${verb} succeeded, and should have failed: ${stdout}`);
    return `${error?.code} ${error?.msg}`;
  }

  path(name: string, network = "net"): string {
    return join(this.dataDir, network, name);
  }

  /** What a network's directory holds: content by name, the lock aside. */
  files(network = "net"): Record<string, string> {
    const names = readdirSync(this.path("", network)).filter((name) => name !== "lock");
    return Object.fromEntries(
      names.sort().map((name) => [name, readFileSync(this.path(name, network), "utf8")]),
    );
  }

  /** Who holds which address: owners by address. */
  reservations(network = "net"): Record<string, string> {
    const files = Object.entries(this.files(network));
    return Object.fromEntries(files.filter(([name]) => !name.startsWith("last_reserved_ip")));
  }

  #request(verb: Verb, call: IpamCall) {
    const { suite = patchbay, containerId = "container", network = "net", prefix = [] } = call;
    const config = {
      cniVersion: call.cniVersion ?? "1.0.0",
      name: network,
      type: "bridge",
      ipam: { type: "host-local", dataDir: this.dataDir, ...this.ipam, ...call.ipam },
      ...call.config,
    };
    const isOfContainer = verb !== "GC" && verb !== "STATUS";
    const env = {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: isOfContainer ? containerId : "",
      CNI_IFNAME: isOfContainer ? (call.ifName ?? "eth0") : "",
      CNI_NETNS: isOfContainer ? "/run/netns/none" : "",
      CNI_PATH: suite,
      CNI_ARGS: call.args ?? "",
    };
    return { argv: [...prefix, join(suite, "host-local")], stdin: JSON.stringify(config), env };
  }
}

/** @returns members of `ipam`: a range set for each subnet */
export function setsOf(...subnets: readonly string[]): Json {
  return { ranges: subnets.map((subnet) => [{ subnet }]) };
}

/** Both suites, each once first. */
export const bothSuites = [
  ["patchbay", "the reference suite", patchbay, reference],
  ["the reference suite", "patchbay", reference, patchbay],
] as const;

/** A container ID that no other part of a test uses. */
export function containerIds(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `c${count}`;
  };
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.stdin?.on("error", () => {}); // it may end without reading
    child.on("close", (code) => {
      try {
        resolve(parseOutcome({ ...output, exitCode: code ?? -1 }));
      } catch (error) {
        reject(error);
      }
    });
  });
}
