import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

/** What a program said before it ended. */
export interface Output {
  /** -1 when a signal ended it, or when it could not be started. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  /** On top of this process's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** Runs a program to its end, in this process's own network namespace. */
export function run(argv: readonly string[], options: RunOptions = {}): Output {
  const [program = "", ...args] = argv;
  const result: SpawnSyncReturns<string> = spawnSync(program, args, {
    encoding: "utf8",
    input: options.stdin ?? "",
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  // A program may end before it has read its input.
  if (result.error !== undefined && !isBrokenPipe(result.error)) throw result.error;
  return { exitCode: result.status ?? -1, stdout: result.stdout, stderr: result.stderr };
}

function isBrokenPipe(error: Error): boolean {
  return "code" in error && error.code === "EPIPE";
}

/** Runs a program that has to succeed. @returns what it printed */
export function runOk(argv: readonly string[], options: RunOptions = {}): string {
  const { exitCode, stdout, stderr } = run(argv, options);
  if (exitCode === 0) return stdout;
  throw new Error(`"${argv.join(" ")}" exited with ${exitCode}: ${stderr}${stdout}`);
}

/**
 * A network namespace of a test: one that plays a host, a container, or a machine elsewhere. The
 * name says which process made it, so that the runner can delete what a crash left behind.
 */
export class Namespace {
  static #made = 0;

  /** @param role what it plays, for the reader of a failure: "host", "a" */
  static create(role: string): Namespace {
    Namespace.#made += 1;
    const name = `pb-${process.pid}-${Namespace.#made}-${role}`;
    const command = ["ip", "netns", "exec", name];
    const namespace = new Namespace(role, name, `/run/netns/${name}`, command);
    runOk(["ip", "netns", "add", namespace.name]);
    return namespace;
  }

  /** The one this process is in: for programs that have put themselves into one of their own. */
  static own(role: string): Namespace {
    return new Namespace(role, role, "/proc/self/ns/net", []);
  }

  /** One that something else has made and takes away, such as a container runtime. */
  static at(role: string, path: string): Namespace {
    return new Namespace(role, role, path, ["nsenter", `--net=${path}`]);
  }

  private constructor(
    readonly role: string,
    /** As `ip netns` knows it. */
    readonly name: string,
    /** What a runtime passes as `CNI_NETNS`. */
    readonly path: string,
    private readonly prefix: readonly string[],
  ) {}

  /** The command line that runs a program inside, for whoever starts processes differently. */
  command(...argv: readonly string[]): readonly string[] {
    return [...this.prefix, ...argv];
  }

  /** Runs a program inside, which has to succeed. @returns what it printed */
  exec(...argv: readonly string[]): string {
    return runOk(this.command(...argv));
  }

  /** Runs a program inside, which may fail. */
  tryExec(argv: readonly string[], options: RunOptions = {}): Output {
    return run(this.command(...argv), options);
  }

  /** Runs lines of shell inside, in one process; the first that fails ends it, and throws. */
  shell(script: string): string {
    return runOk(this.command("sh", "-e"), { stdin: script });
  }

  /** `ip -j ARGUMENT...` inside, parsed: an independent witness of what exists. */
  ip(...args: readonly string[]): Record<string, unknown>[] {
    const text = this.exec("ip", "-d", "-j", ...args);
    const parsed: unknown = JSON.parse(text.trim() === "" ? "[]" : text);
    return Array.isArray(parsed) ? parsed.filter(hasKeys) : [];
  }

  /** Whether an address answers an echo request within `seconds`; asks until it does. */
  reaches(address: string, seconds = 5): boolean {
    const argv = ["ping", "-n", "-c1", "-i0.2", `-w${seconds}`, address];
    return this.tryExec(argv).exitCode === 0;
  }

  /** Ends what runs inside and takes the namespace away, also when it is gone already. */
  delete(): void {
    run(["ip", "netns", "delete", this.name]);
  }

  /** Deletes every namespace that a process made and left. */
  static deleteAllOf(pid: number): void {
    if (!existsSync("/run/netns")) return; // nobody has ever made one on this machine
    const prefix = `pb-${pid}-`;
    const names = readdirSync("/run/netns").filter((name) => name.startsWith(prefix));
    for (const name of names) run(["ip", "netns", "delete", name]);
  }
}

/** `ip -j` prints {} for what its filter leaves out. */
function hasKeys(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
