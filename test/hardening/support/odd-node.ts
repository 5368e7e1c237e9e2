import { readdirSync } from "node:fs";
import type { Test } from "tap";
import { createLab, type Lab, patchbay } from "../../support/lab.ts";
import type { Namespace, Output } from "../../support/namespace.ts";
import type { Json } from "../../support/outcome.ts";

/** That of every call. */
export const config: Json = {
  cniVersion: "1.1.0",
  name: "net",
  type: "bridge",
  bridge: "cni0",
  isDefaultGateway: true,
  ipMasq: true,
  ipam: {
    type: "host-local",
    ranges: [[{ subnet: "10.88.0.0/24" }], [{ subnet: "fd00:88::/64" }]],
  },
};

/**
 * Lines of bash: makes /media a root directory that has the executables, the C library, and what
 * the kernel and CNI put there, and nothing else.
 */
export const bareRoot = `
  mount -t tmpfs tmpfs /media
  for path in /lib /lib64 /mnt /proc /sys /run /var/lib/cni; do
    [ -d $path ] || continue
    mkdir -p /media$path
    mount --rbind $(realpath $path) /media$path
  done`;

export interface OddCall {
  /** Lines of bash before the call, in a mount namespace of its own. */
  readonly setUp?: string;
  /** How bash is to start it: "$PLUGIN" if not given. */
  readonly command?: string;
  /** Members of the configuration on top of those that every call has. */
  readonly config?: Json;
  /** What the plugin reads instead of a configuration. */
  readonly stdin?: Uint8Array;
}

/** A node whose runtime starts plugins in odd ways, each call in another. */
export class OddNode {
  readonly #lab: Lab;
  readonly #container: Namespace;
  readonly #plugins: string;

  /** @param plugins where the executables are */
  constructor(t: Pick<Test, "teardown">, plugins = patchbay) {
    this.#lab = createLab(t);
    this.#container = this.#lab.container("a");
    this.#plugins = plugins;
  }

  call(verb: string, call: OddCall = {}): Output {
    const { setUp = "", command = '"$PLUGIN"', config: more } = call;
    const document: Json = { ...config, ...more };
    const env = {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: "container-a",
      CNI_NETNS: this.#container.path,
      CNI_IFNAME: "eth0",
      CNI_PATH: "/mnt",
      PLUGIN: `/mnt/${document["type"]}`,
    };
    const script = `mount --bind ${this.#plugins} /mnt\n${setUp}\n${command}`;
    const stdin = call.stdin ?? JSON.stringify(document);
    return this.#lab.runOnHost(["bash", "-c", script], { stdin, env });
  }

  succeed(verb: string, call?: OddCall): Json {
    const { exitCode, stdout, stderr } = this.call(verb, call);
    if (exitCode !== 0 || stderr !== "") throw new Error(`${verb}: ${stdout} ${stderr}`);
    return stdout === "" ? {} : JSON.parse(stdout);
  }

  /** Lets a container come and go as usual. @returns the state after it */
  warmUp(config: Json = {}): string {
    this.succeed("ADD", { config });
    this.succeed("DEL", { config });
    return this.snapshot();
  }

  /** Runs lines of shell on the node. */
  shell(script: string): string {
    return this.#lab.host.shell(script);
  }

  /** The state of the node, and the folders of those that have rules. */
  snapshot(): string {
    const folders = readdirSync(this.#lab.runDir, { recursive: true });
    return [this.#lab.snapshot(), ...folders].join("\n");
  }

  get dataDir(): string {
    return this.#lab.dataDir;
  }
}
