import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { execa } from "execa";
import type { Test } from "tap";
import { createLab, type Lab, patchbay } from "../support/lab.ts";
import { Namespace, type Output, type RunOptions, run, runOk } from "../support/namespace.ts";

/** Processes that get into the machine from outside belong to its cgroups from then on. */
const join = `
  cd /sys/fs/cgroup
  if [ -e init ]; then echo 0 >init/cgroup.procs; else for hierarchy in *; do
    [ -L "$hierarchy" ] || echo 0 >"$hierarchy/cgroup.procs"
  done; fi
  cd /
  exec "$@"`;

/**
 * A machine for container runtimes to run on. Its network is a lab's host; its processes, cgroups
 * and /run, /etc, /opt and /var/lib are its own too. It goes when the test ends, with all on it.
 */
export class Machine {
  /** @param plugins the folder that is its /opt/cni/bin; /usr/lib/cni is empty */
  static async start(t: Test, plugins = patchbay): Promise<Machine> {
    const lab = createLab(t);
    const script = resolve("test/runtimes/machine.sh");
    const child = spawn(script, [lab.host.path, lab.stateDir, lab.runDir, plugins], {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true, // whatever ends this process, it lives on to clean up
    });
    const ended = once(child, "exit");
    t.teardown(async () => {
      child.stdin.end();
      await ended;
    });
    const died = ended.then(([code]) => Promise.reject(new Error(`No machine: exit ${code}`)));
    died.catch(() => undefined); // it does end, after the test
    const [said] = await Promise.race([once(child.stdout, "data"), died]);
    return new Machine(lab, Number(said));
  }

  /** Where Debian's plugins are, in the machine. */
  readonly reference = "/run/reference";

  private constructor(
    readonly lab: Lab,
    /** Of the machine's first process, as others see it. */
    private readonly pid: number,
  ) {}

  /** @returns where this process finds one of the machine's files */
  path(file: string): string {
    return `/proc/${this.pid}/root${file}`;
  }

  write(file: string, content: string | object): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    const text = typeof content === "string" ? content : JSON.stringify(content, undefined, 2);
    writeFileSync(this.path(file), text);
  }

  /** @returns the command line that runs a program on the machine */
  command(...argv: readonly string[]): readonly string[] {
    const namespaces = ["--mount", "--pid", "--net", "--cgroup", "--ipc", "--uts"];
    return ["nsenter", "--target", `${this.pid}`, ...namespaces, "sh", "-c", join, "sh", ...argv];
  }

  /** Runs a program that has to succeed. @returns what it printed */
  exec(...argv: readonly string[]): string {
    return runOk(this.command(...argv));
  }

  /** Runs a program that may fail. */
  tryExec(argv: readonly string[], options: RunOptions = {}): Output {
    return run(this.command(...argv), options);
  }

  /** As {@link Machine.tryExec}, while other things go on. */
  async tryExecAsync(argv: readonly string[]): Promise<Output> {
    const [program = "", ...args] = this.command(...argv);
    const options = { stdin: "ignore", timeout: 120_000, reject: false } as const;
    const { exitCode = -1, stdout, stderr } = await execa(program, args, options);
    return { exitCode, stdout, stderr };
  }

  /** Starts a program that keeps running; what it says goes to /run/NAME.log. */
  startDaemon(name: string, ...argv: readonly string[]): ChildProcess {
    const script = `exec >>/run/${name}.log 2>&1; echo $$ >/run/${name}.pid; exec "$@"`;
    const [program = "", ...args] = this.command("sh", "-c", script, "sh", ...argv);
    return spawn(program, args, { stdio: "ignore" });
  }

  /** @returns a network namespace that a runtime on the machine made, for a pod */
  pod(role: string, path: string): Namespace {
    // /var/run is an absolute link, which from here would lead out of the machine.
    return Namespace.at(role, this.path(path.replace(/^\/var\/run\//, "/run/")));
  }
}
