import { existsSync, readFileSync } from "node:fs";
import type { Test } from "tap";
import type { Output } from "../support/namespace.ts";
import { waitFor } from "../support/wait.ts";
import { buildImages, pauseImage } from "./image.ts";
import type { Machine } from "./machine.ts";

const socket = "/run/containerd/containerd.sock";

/** Nothing here is about networks: there containerd's defaults hold. */
const config = `
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  disable_apparmor = true
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "native"
`;

/** containerd with runc, as Debian packages them, on a machine. */
export class Containerd {
  /**
   * Starts it, and gives it the images.
   *
   * @param namespace whose containers and images are meant: ctr uses "default", the kubelet "k8s.io"
   */
  static async start(t: Test, machine: Machine, namespace: string): Promise<Containerd> {
    machine.write("/etc/containerd/config.toml", config);
    const containerd = new Containerd(machine, namespace);
    await containerd.start();
    for (const file of Object.values(buildImages(t))) {
      containerd.ctr("image", "import", "--snapshotter", "native", file);
    }
    return containerd;
  }

  private constructor(
    readonly machine: Machine,
    private readonly namespace: string,
  ) {}

  /** Where it answers, as this process sees it. */
  get socket(): string {
    return this.machine.path(socket);
  }

  async start(): Promise<void> {
    const daemon = this.machine.startDaemon("containerd", "containerd");
    const answers = () => this.machine.tryExec(["ctr", "version"]).exitCode === 0;
    await waitFor(
      "containerd answers",
      () => {
        if (daemon.exitCode !== null) throw new Error(`containerd has ended:\n${this.#readLog()}`);
        return existsSync(this.socket) && answers();
      },
      30_000,
    );
  }

  /** Ends the daemon; containers keep running. */
  async stop(): Promise<void> {
    const pid = readFileSync(this.machine.path("/run/containerd.pid"), "utf8").trim();
    this.machine.exec("kill", pid);
    await waitFor("containerd has ended", () => !existsSync(this.machine.path(`/proc/${pid}/exe`)));
  }

  /** @returns what `ctr` printed */
  ctr(...args: readonly string[]): string {
    return this.machine.exec("ctr", "--namespace", this.namespace, ...args);
  }

  /** As {@link Containerd.ctr}, while other things go on. */
  ctrAsync(...args: readonly string[]): Promise<Output> {
    return this.machine.tryExecAsync(["ctr", "--namespace", this.namespace, ...args]);
  }

  #readLog(): string {
    return readFileSync(this.machine.path("/run/containerd.log"), "utf8");
  }
}
