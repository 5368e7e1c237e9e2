import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Test } from "tap";
import { createLab, type Lab, patchbay } from "../../support/lab.ts";
import { HostShell } from "../support/host-shell.ts";
import { type Recording, record, straceOptions } from "./recording.ts";
import { contentOf, type Wreck } from "./wreck.ts";

/** A call of host-local that the power cut comes into, and those before it. */
export interface Scene {
  readonly name: string;
  /** Containers that have an address already. */
  readonly before: readonly string[];
  readonly call: string;
}

export const scenes: readonly Scene[] = [
  { name: "the first ADD of all", before: [], call: "call ADD a" },
  { name: "a later ADD", before: ["old"], call: "call ADD a" },
  { name: "DEL", before: ["old", "a"], call: "call DEL a" },
  { name: "GC", before: ["old", "a"], call: "call GC" },
];

/** Where host-local keeps the network, as it sees it itself. */
const dataDir = "/var/lib/cni/networks";
/** How many addresses the network has. */
const size = 3;

const config = {
  cniVersion: "1.1.0",
  name: "net",
  type: "bridge",
  ipam: {
    type: "host-local",
    // Of those for benchmarks: nobody else on the machine has one of them.
    ranges: [[{ subnet: "198.18.70.0/24", rangeStart: "198.18.70.2", rangeEnd: "198.18.70.4" }]],
  },
  "cni.dev/valid-attachments": [{ containerID: "old", ifname: "eth0" }],
};

const functions = `
  call() {
    CNI_COMMAND=$1 CNI_CONTAINERID=\${2-} \${TRACER-} "$CNI_PATH/host-local" < $INPUTS/config
  }
`;

const boot = `
  mount --bind $INPUTS/boot /proc/sys/kernel/random/boot_id
  mount --bind $INPUTS/uptime /proc/uptime
`;

/** A host-local store whose machine loses power again and again, in the middle of one scene. */
export class Store {
  readonly recording: Recording;

  private constructor(
    private readonly shell: HostShell,
    private readonly inputs: string,
    recording: Recording,
  ) {
    this.recording = recording;
  }

  /** @param isBooted whether the machine boots after the power cut, as far as plugins can tell */
  static async start(
    t: Pick<Test, "teardown">,
    scene: Scene,
    { isBooted }: { readonly isBooted: boolean } = { isBooted: true },
  ): Promise<Store> {
    const lab = createLab(t);
    const inputs = join(dirname(lab.stateDir), "inputs");
    mkdirSync(inputs);
    writeFileSync(join(inputs, "config"), JSON.stringify(config));
    const shell = HostShell.start(lab, {
      CNI_PATH: patchbay,
      CNI_IFNAME: "eth0",
      CNI_NETNS: "/none",
      INPUTS: inputs,
    });
    t.teardown(() => shell.end());
    const trace = join(inputs, "trace");
    await shell.run(`${functions}
      for id in ${scene.before.join(" ")}; do call ADD $id > /dev/null; done
      mkdir -p ${dataDir} && cp -a ${dataDir} $INPUTS/before`);
    const existing = pathsBelow(lab);
    await shell.run(`TRACER="strace ${straceOptions} -o ${trace}"
      ${scene.call} > /dev/null; TRACER=
      call ADD template > /dev/null
      cp -a $(ls -d ${dataDir}/net/198.18.70.* | tail -1) $INPUTS/template
      echo 00000000-0000-4000-8000-000000000000 > $INPUTS/boot
      echo "60.00 60.00" > $INPUTS/uptime
      ${isBooted ? boot : ""}`);
    const recording = record(readFileSync(trace, "utf8"), dirname(dataDir), existing);
    return new Store(shell, inputs, recording);
  }

  /** Leaves a wreck on the disk, boots, and fills the network. @returns what was wrong; "" if all is right */
  async try(wreck: Wreck): Promise<string> {
    const ids = Array.from({ length: size }, (_, index) => `new-${index}`);
    const { output } = await this.shell.run(
      [
        `rm -rf ${dataDir} && cp -a $INPUTS/before ${dataDir}`,
        ...this.#wreckLines(wreck),
        `find ${dataDir} -exec touch -h -d "1 hour ago" {} +`,
        ...ids.map((id) => `call ADD ${id}`),
        "call ADD late",
      ].join("\n"),
    );
    const addresses = [...output.matchAll(/"address": "([^"]+)"/g)].map(([, address]) => address);
    const isFull = new Set(addresses).size === size && addresses.length === size;
    const isRefused = (output.match(/"code": 11,/g) ?? []).length === 1;
    return isFull && isRefused ? "" : output;
  }

  /** Lines that put in place what the wreck has of the recording. */
  #wreckLines({ names, files }: Wreck): string[] {
    const { recording } = this;
    const lines: string[] = [];
    for (const [path, entries] of recording.names) {
      const count = names.get(path) ?? 0;
      const entry = count === 0 ? recording.old.get(path) : entries[count - 1];
      if (entry === "folder") lines.push(`mkdir ${path}`);
      else if (entry === "nothing") lines.push(`rm -f ${path}`);
      else if (entry !== undefined) lines.push(this.#fileLine(path, entry, files));
    }
    for (const [path, file] of recording.old) {
      if (!recording.names.has(path)) lines.push(this.#fileLine(path, file, files));
    }
    // What would be in a folder that is not there is nowhere.
    return lines.map((line) => `{ ${line}; } 2> /dev/null`);
  }

  #fileLine(path: string, file: number, fates: Wreck["files"]): string {
    const changes = this.recording.files.get(file) ?? [];
    const old = [...this.recording.old].find(([, each]) => each === file)?.[0];
    if (old !== undefined && changes.length === 0) return ":";
    const before = old === undefined ? Buffer.alloc(0) : readFileSync(this.#copyOf(old));
    const { bytes, hasAttribute } = contentOf(before, changes, fates.get(file) ?? []);
    const blob = join(this.inputs, `blob-${file}`);
    writeFileSync(blob, bytes);
    const create = hasAttribute ? `cp -a $INPUTS/template ${path} && ` : "";
    return `${create}cat ${blob} > ${path}`;
  }

  /** @returns where the copy of a file is that was there before the scene */
  #copyOf(path: string): string {
    return join(this.inputs, "before", path.slice(dataDir.length));
  }
}

/** @returns the files that are there, as plugins see them */
function pathsBelow(lab: Lab): Set<string> {
  if (!existsSync(lab.dataDir)) return new Set();
  return new Set(
    readdirSync(lab.dataDir, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(lab.dataDir, name)).isFile())
      .map((name) => join(dataDir, name)),
  );
}
