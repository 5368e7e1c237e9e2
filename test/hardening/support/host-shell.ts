import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { Lab } from "../../support/lab.ts";

/** How some lines of shell ended. */
export interface Said {
  readonly status: number;
  /** What they wrote on stdout and stderr. */
  readonly output: string;
}

/**
 * A shell that lives inside a lab's host, with the lab's files where plugins look for theirs. One
 * of them runs thousands of calls, of which each would else cost the start of a shell of its own,
 * and several labs can be at work at once.
 */
export class HostShell {
  readonly #shell: ChildProcessWithoutNullStreams;
  #output = "";
  #heard: () => void = () => {};
  #count = 0;

  private constructor(shell: ChildProcessWithoutNullStreams) {
    this.#shell = shell;
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#heard();
      });
    }
    shell.on("exit", () => this.#heard());
    shell.stdin.on("error", () => this.#heard());
  }

  /** @param env what all calls have in common */
  static start(lab: Lab, env: { readonly [name: string]: string } = {}): HostShell {
    const script =
      'mount --bind "$0" /var/lib/cni && mount --bind "$1" /run/patchbay && exec bash -s';
    const argv = lab.host.command("sh", "-c", script, lab.stateDir, lab.runDir);
    const [program = "", ...args] = argv;
    return new HostShell(spawn(program, args, { env: { ...process.env, ...env } }));
  }

  /** Runs lines of shell, which must not read stdin. */
  async run(script: string): Promise<Said> {
    this.#count += 1;
    const marker = `<<end ${this.#count}>>`;
    this.#output = "";
    this.#shell.stdin.write(`${script}\nprintf '${marker}%d\\n' $?\n`);
    const end = new RegExp(`${marker}(\\d+)\\n$`);
    for (;;) {
      const match = end.exec(this.#output);
      if (match !== null) {
        return { status: Number(match[1]), output: this.#output.slice(0, match.index) };
      }
      if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) {
        throw new Error(`The shell in the host ended: ${this.#output}`);
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** Resolves when it has done what it is at. */
  async end(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) return;
    const exit = once(this.#shell, "exit");
    this.#shell.stdin.end();
    await exit;
  }
}
