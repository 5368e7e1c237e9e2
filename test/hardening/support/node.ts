import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Test } from "tap";
import { createLab, type Lab, patchbay } from "../../support/lab.ts";
import type { Namespace } from "../../support/namespace.ts";
import { describeAnswers, describeFiles, questionnaire } from "../../support/snapshot.ts";
import { life, plugins, type Step, stdinOf, verbs } from "./chain.ts";
import { differenceOf } from "./difference.ts";
import { HostShell } from "./host-shell.ts";
import { listPoints, type Point } from "./points.ts";

/**
 * `call VERB PLUGIN [TRACER...]` calls a plugin, `must` says so when it fails, `check` is CHECK with
 * what the plugin has just answered to ADD.
 */
const functions = `
  call() {
    local verb=$1 plugin=$2
    shift 2
    CNI_COMMAND=$verb "$@" "$CNI_PATH/$plugin" < "$INPUTS/$verb-$plugin" > "$INPUTS/said" 2> "$INPUTS/err"
  }
  must() { call "$@" || { echo "! $1 $2 exited with $?"; cat "$INPUTS/said" "$INPUTS/err"; }; }
  check() {
    local config=$(<"$INPUTS/ADD-$1")
    [ "$1" = portmap ] || config="{\\"prevResult\\":$(<"$INPUTS/said"),\${config#{}"
    printf %s "$config" > "$INPUTS/CHECK-$1"
    must CHECK "$1"
  }
`;

/** Stands between what the host, the container and the files answer. */
const mark = "<<look>>";

/** A node on which one container after the other lives. */
export class Node {
  readonly #lab: Lab;
  readonly #container: Namespace;
  readonly #shell: HostShell;
  readonly #inputs: string;
  #baseline = "";

  private constructor(t: Pick<Test, "teardown">) {
    this.#lab = createLab(t);
    this.#container = this.#lab.container("c");
    this.#inputs = join(dirname(this.#lab.stateDir), "inputs");
    this.#shell = HostShell.start(this.#lab, {
      CNI_PATH: patchbay,
      CNI_CONTAINERID: "container-c",
      CNI_NETNS: this.#container.path,
      CNI_IFNAME: "eth0",
      INPUTS: this.#inputs,
    });
    t.teardown(() => this.#shell.end());
  }

  /** One that has seen a container come and go. */
  static async start(t: Pick<Test, "teardown">): Promise<Node> {
    const node = new Node(t);
    node.#writeInputs();
    const output = await node.run(functions, ...life.map(must), node.restore);
    if (output !== "") throw new Error(output);
    node.#baseline = await node.look();
    return node;
  }

  #writeInputs(): void {
    mkdirSync(this.#inputs);
    for (const step of verbs.flatMap((verb) => plugins.map((plugin) => ({ verb, plugin })))) {
      const stdin = JSON.stringify(stdinOf(step, this.#container.path));
      writeFileSync(join(this.#inputs, nameOf(step)), stdin);
    }
  }

  /** A line that leaves the container's namespace as it was, whoever may have been in it. */
  get restore(): string {
    return `ip -n ${this.#container.name} link set lo down`;
  }

  /** @returns what these lines of shell said; those that {@link must} makes are silent if all is well */
  async run(...lines: readonly string[]): Promise<string> {
    return (await this.#shell.run(lines.join("\n"))).output;
  }

  /** What the last call answered: its stdout, and its stderr. */
  get answer(): { readonly stdout: string; readonly stderr: string } {
    const read = (name: string) => readFileSync(join(this.#inputs, name), "utf8");
    return { stdout: read("said"), stderr: read("err") };
  }

  /** @returns every system call that the step makes, in order */
  async listPoints(step: Step): Promise<Point[]> {
    return listPoints(await this.trace(step));
  }

  /** @returns what strace, with these options, writes of a step in the middle of a life */
  async trace(step: Step, options = ""): Promise<string> {
    const trace = join(this.#inputs, "trace");
    const tracer = `strace -qq ${options} -o ${trace}`;
    const lines = life.map((each) => {
      return nameOf(each) === nameOf(step) ? `${must(each)} ${tracer}` : must(each);
    });
    await this.run(...lines);
    return readFileSync(trace, "utf8");
  }

  /** @returns what is not as before the first container; "" when all is */
  async difference(normalise = (state: string) => state): Promise<string> {
    return differenceOf(normalise(this.#baseline), normalise(await this.look()));
  }

  /** The state of host, container and files. */
  async look(): Promise<string> {
    const output = await this.run(
      `(${questionnaire})`,
      `echo "${mark}"`,
      `ip netns exec ${this.#container.name} sh <<'END'\n${questionnaire}\nEND`,
      `echo "${mark}"`,
      "find /run/patchbay /var/lib/cni -type d ! -path '*/.patchbay/*' -printf '%M %U %p\\n' | sort",
    );
    const [host = "", container = "", folders = ""] = output.split(`${mark}\n`);
    return [
      describeAnswers(this.#lab.host, host),
      describeAnswers(this.#container, container),
      folders,
      ...[this.#lab.stateDir, this.#lab.runDir].map(describeFiles),
    ].join("\n");
  }
}

export function nameOf({ verb, plugin }: Step): string {
  return `${verb}-${plugin}`;
}

/** @returns a line that makes the call, and says so when it fails */
export function must({ verb, plugin }: Step): string {
  return `must ${verb} ${plugin}`;
}

/**
 * @returns a line that makes the call with something done to one of its system calls. Only the main
 *   thread is traced: the others that Bun starts do nothing for a plugin.
 */
export function tamper({ verb, plugin }: Step, { call, occurrence }: Point, deed: string): string {
  const inject = `inject=${call}:${deed}:when=${occurrence}`;
  return `call ${verb} ${plugin} strace -qq -o /dev/null -e trace=${call} -e ${inject}`;
}

/** @returns the steps of a life up to one of them, without it */
export function before(step: Step): Step[] {
  return life.slice(
    0,
    life.findIndex((each) => nameOf(each) === nameOf(step)),
  );
}

/** Takes out what is another for every bridge and veth pair. */
export function withoutRandom(state: string): string {
  return state
    .replaceAll(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, "MAC")
    .replaceAll(/\bfe80::[0-9a-f:]+/g, "LINK-LOCAL")
    .replaceAll(/^\d+: /gm, "N: ")
    .replaceAll(/@if\d+\b/g, "@ifN");
}
