import type { Test } from "tap";
import type { Output } from "../support/namespace.ts";
import { waitFor } from "../support/wait.ts";
import { buildImages, image } from "./image.ts";
import type { Machine } from "./machine.ts";
import { addressesOf, isServing, type Pod } from "./pods.ts";
import { readSnippet } from "./snippets.ts";

/** What a machine needs on which there is neither systemd nor AppArmor, nor any right to raise limits. */
const engineConfig = `
[containers]
apparmor_profile = ""
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`;

const storageConfig = `
[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
`;

/** podman with its CNI backend, as Debian packages it, on a machine. */
export class Podman {
  /** Gives it the image. Of Debian's plugins it has those that we do not have. */
  static start(t: Test, machine: Machine): Podman {
    machine.write("/etc/containers/containers.conf", engineConfig);
    machine.write("/etc/containers/containers.conf.d/patchbay.conf", readSnippet("podman", "toml"));
    machine.write("/etc/containers/storage.conf", storageConfig);
    for (const plugin of ["firewall", "tuning"]) {
      machine.exec("cp", `${machine.reference}/${plugin}`, "/usr/lib/cni");
    }
    const podman = new Podman(machine);
    podman.exec("load", "--quiet", "--input", buildImages(t).web);
    return podman;
  }

  private constructor(readonly machine: Machine) {}

  /** @returns what it printed */
  exec(...args: readonly string[]): string {
    return this.machine.exec("podman", ...args);
  }

  /** As {@link Podman.exec}, while other things go on. It may fail. */
  execAsync(...args: readonly string[]): Promise<Output> {
    return this.machine.tryExecAsync(["podman", ...args]);
  }

  /** Runs a container of the image. */
  async run(name: string, ...options: readonly string[]): Promise<Pod> {
    const args = ["run", "--detach", "--name", name, "--env", `NAME=${name}`, ...options, image];
    const { exitCode, stderr } = await this.execAsync(...args);
    if (exitCode !== 0) throw new Error(`podman run ${name}: ${stderr}`);
    return await this.inspect(name);
  }

  /** @returns a running container as it is now: a restart gives it another network namespace */
  async inspect(name: string): Promise<Pod> {
    const path = this.exec("inspect", "--format", "{{.NetworkSettings.SandboxKey}}", name).trim();
    const netns = this.machine.pod(name, path);
    await waitFor(`${name} serves`, () => isServing(netns));
    return { name, netns, addresses: addressesOf(netns) };
  }

  async remove(name: string): Promise<void> {
    const { exitCode, stderr } = await this.execAsync("rm", "--force", "--time", "0", name);
    if (exitCode !== 0 || stderr !== "") throw new Error(`podman rm ${name}: ${stderr}`);
  }
}
