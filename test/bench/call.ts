import { join } from "node:path";

export type Verb = "ADD" | "CHECK" | "DEL" | "GC" | "STATUS" | "VERSION";

export type Json = { readonly [key: string]: unknown };

/** A directory of plugins: ours, or those we are measured against. */
export interface Suite {
  readonly name: string;
  readonly directory: string;
  /** What it says of itself, and where it is from. */
  readonly description?: string;
  /** The newest version of the specification that it speaks. */
  readonly cniVersion: string;
}

/** Whom a call is about. */
export interface Pod {
  readonly containerId: string;
  /** "" where no plugin looks at it. */
  readonly netns: string;
}

/** What a runtime asks of one plugin. */
export interface Call {
  readonly verb: Verb;
  readonly config: Json & { readonly type: string };
  readonly pod: Pod;
  readonly ifName?: string;
}

/** The time of one call, measured from the outside. */
export interface Sample {
  /** From the start of the process to its end, in milliseconds. */
  readonly wall: number;
  /** Processor time of the process and of those it started, in milliseconds. */
  readonly cpu: number;
}

/** What a plugin said, and what it took to say it. */
export interface Answer<Cost = Sample> {
  readonly cost: Cost;
  readonly result: Json;
}

export function programOf({ directory }: Suite, { config }: Call): string {
  return join(directory, config.type);
}

export function environmentOf({ directory }: Suite, { verb, pod, ifName = "eth0" }: Call) {
  return {
    PATH: process.env["PATH"] ?? "",
    CNI_COMMAND: verb,
    CNI_PATH: directory,
    CNI_CONTAINERID: pod.containerId,
    CNI_NETNS: pod.netns,
    CNI_IFNAME: ifName,
  };
}

export function inputOf({ cniVersion }: Suite, { config }: Call): string {
  return JSON.stringify({ cniVersion, ...config });
}

/**
 * Calls a plugin in this process's namespaces, and waits for its end.
 *
 * @throws when the plugin fails: what fails is not what was to be measured
 */
export function call(suite: Suite, each: Call): Answer {
  const start = performance.now();
  const { stdout, resourceUsage } = spawn(suite, each);
  const wall = performance.now() - start;
  const cpu = Number(resourceUsage.cpuTime.total) / 1000;
  return { cost: { wall, cpu }, result: parseResult(stdout) };
}

/**
 * The same, at the cost of the most memory that is resident, in MiB. Not from {@link call}: what the
 * kernel counts of a child includes this process, as it was when it started it. GNU time is small.
 */
export function callForMemory(suite: Suite, each: Call): Answer<number> {
  const { stdout, stderr } = spawn(suite, each, "/usr/bin/time", "--format=%M");
  const kibibytes = stderr.trim().split("\n").at(-1);
  return { cost: Number(kibibytes) / 1024, result: parseResult(stdout) };
}

/** @param starter a program and its arguments, if it is to start the plugin */
function spawn(suite: Suite, each: Call, ...starter: readonly string[]) {
  const { exitCode, stdout, stderr, resourceUsage } = Bun.spawnSync(
    [...starter, programOf(suite, each)],
    {
      env: environmentOf(suite, each),
      stdin: new TextEncoder().encode(inputOf(suite, each)),
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  if (exitCode !== 0) throw failure(suite, each, `${stdout}${stderr}`);
  return { stdout: stdout.toString(), stderr: stderr.toString(), resourceUsage };
}

/** The same without waiting: others run meanwhile. */
export async function callAside(suite: Suite, each: Call): Promise<Answer> {
  const start = performance.now();
  const child = Bun.spawn([programOf(suite, each)], {
    env: environmentOf(suite, each),
    stdin: new TextEncoder().encode(inputOf(suite, each)),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const wall = performance.now() - start;
  if (exitCode !== 0) throw failure(suite, each, `${stdout}${stderr}`);
  const cpu = Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1000;
  return { cost: { wall, cpu }, result: parseResult(stdout) };
}

function failure({ name }: Suite, { verb, config }: Call, said: string): Error {
  return new Error(`${verb} of ${name}'s ${config.type} failed: ${said.trim()}`);
}

function parseResult(stdout: string): Json {
  return stdout.trim() === "" ? {} : JSON.parse(stdout);
}

/** @returns the addresses that a result names, as CIDRs */
export function addressesOf({ ips }: Json): string[] {
  if (!Array.isArray(ips)) return [];
  return ips.flatMap((ip: { address?: string }) => ip.address ?? []);
}
