import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Test } from "tap";
import { createLab, type Lab, patchbay } from "../../support/lab.ts";
import type { Namespace } from "../../support/namespace.ts";
import { describeAnswers, describeFiles, questionnaire } from "../../support/snapshot.ts";
import { differenceOf } from "../support/difference.ts";
import { HostShell } from "../support/host-shell.ts";
import { bridgeName, life, plugins, type Step, stdinOf, verbs } from "./chain.ts";
import { listPoints, type Point } from "./points.ts";

/** What the runtime does after one of its calls was killed. */
export const cleanUps = ["DEL", "GC", "DEL without the namespace"] as const;
export type CleanUp = (typeof cleanUps)[number];

/** One life of a container in which one call is killed. */
export interface Case {
  readonly step: Step;
  readonly point: Point;
  readonly cleanUp: CleanUp;
  /** Whether the node has never seen a container: no bridge, no directories. */
  readonly isCold: boolean;
}

export interface Verdict {
  /** Whether the call made that system call at all. */
  readonly isReached: boolean;
  /** What is not as it has to be; "" when all is. */
  readonly complaint: string;
}

/** `call` calls a plugin, `must` says so when it fails. What follows is the tracer, if any. */
const functions = `
  call() {
    local verb=$1 plugin=$2
    shift 2
    CNI_COMMAND=$verb "$@" "$CNI_PATH/$plugin" < "$INPUTS/$verb-$plugin" > "$INPUTS/said" 2>&1
  }
  must() { call "$@" || { echo "! $1 $2 exited with $?"; cat "$INPUTS/said"; }; }
`;

/** Stands between what the host, the container and the files answer. */
const mark = "<<look>>";

/** A node on which one container after the other lives, and is killed. */
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

  /** Its node has seen a container come and go. */
  static async start(t: Pick<Test, "teardown">): Promise<Node> {
    const node = new Node(t);
    node.#writeInputs();
    const { output } = await node.#shell.run([functions, ...life.map(must)].join("\n"));
    if (output !== "") throw new Error(output);
    node.#baseline = await node.#look();
    return node;
  }

  #writeInputs(): void {
    mkdirSync(this.#inputs);
    for (const step of verbs.flatMap((verb) => plugins.map((plugin) => ({ verb, plugin })))) {
      const stdin = JSON.stringify(stdinOf(step, this.#container.path));
      writeFileSync(join(this.#inputs, nameOf(step)), stdin);
    }
  }

  /** @returns every system call that the step makes */
  async trace(step: Step): Promise<Point[]> {
    const trace = join(this.#inputs, "trace");
    const lines = life.map((each) => {
      const isMeant = nameOf(each) === nameOf(step);
      return isMeant ? `${must(each)} strace -qq -o ${trace}` : must(each);
    });
    await this.#shell.run(lines.join("\n"));
    return listPoints(readFileSync(trace, "utf8"));
  }

  async try({ step, point, cleanUp, isCold }: Case): Promise<Verdict> {
    const { output } = await this.#shell.run(
      [
        ...(isCold ? [`ip link delete ${bridgeName}; rm -rf /var/lib/cni/*`] : []),
        ...life
          .slice(
            0,
            life.findIndex((each) => nameOf(each) === nameOf(step)),
          )
          .map(must),
        `{ ${kill(step, point)}; } 2> /dev/null; killed=$?`,
        ...cleanUpSteps[cleanUp],
        ...(isCold ? life.map(must) : []),
        `ip -n ${this.#container.name} link set lo down; echo $killed`,
      ].join("\n"),
    );
    const complaints = output.slice(0, output.lastIndexOf("\n", output.length - 2) + 1);
    const normalise = isCold ? withoutRandom : (text: string) => text;
    const difference = differenceOf(normalise(this.#baseline), normalise(await this.#look()));
    return { isReached: output.endsWith("137\n"), complaint: complaints + difference };
  }

  async #look(): Promise<string> {
    const inContainer = `ip netns exec ${this.#container.name} sh`;
    const { output } = await this.#shell.run(
      `(${questionnaire})
      echo "${mark}"
      ${inContainer} <<'END'
        ${questionnaire}
END
      echo "${mark}"
      find /run/patchbay /var/lib/cni -type d ! -path '*/.patchbay/*' -printf '%M %U %p\\n' | sort`,
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

function nameOf({ verb, plugin }: Step): string {
  return `${verb}-${plugin}`;
}

function must({ verb, plugin }: Step): string {
  return `must ${verb} ${plugin}`;
}

/** Only the main thread is traced: the others that Bun starts do nothing for a plugin. */
function kill({ verb, plugin }: Step, { call, occurrence }: Point): string {
  const inject = `${call}:signal=KILL:when=${occurrence}`;
  return `call ${verb} ${plugin} strace -qq -o /dev/null -e trace=${call} -e inject=${inject}`;
}

const deletions = life.filter(({ verb }) => verb === "DEL").map(must);

const cleanUpSteps: { readonly [cleanUp in CleanUp]: readonly string[] } = {
  DEL: deletions,
  "DEL without the namespace": deletions.map((line) => `CNI_NETNS= ${line}`),
  GC: plugins.map((plugin) => `CNI_NETNS= CNI_CONTAINERID= CNI_IFNAME= must GC ${plugin}`),
};

/** A bridge that was made anew has other numbers than the one before. */
function withoutRandom(state: string): string {
  return state
    .replaceAll(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, "MAC")
    .replaceAll(/\bfe80::[0-9a-f:]+/g, "LINK-LOCAL")
    .replaceAll(/^\d+: /gm, "N: ");
}
