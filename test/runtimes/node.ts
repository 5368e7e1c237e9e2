import { basename } from "node:path";
import type { Test } from "tap";
import { readExample } from "../conf/example.ts";
import { waitFor } from "../support/wait.ts";
import { Containerd } from "./containerd.ts";
import { webPort } from "./image.ts";
import { Kubelet, type PortMapping } from "./kubelet.ts";
import { Machine } from "./machine.ts";
import { isServing, type Pod } from "./pods.ts";

/** A node of a cluster: containerd, and who speaks to it as the kubelet does. */
export class Node {
  /** @param plugins the folder with the plugins that it uses: ours by default */
  static async start(t: Test, plugins?: string): Promise<Node> {
    const machine = await Machine.start(t, plugins);
    machine.write("/etc/cni/net.d/10-kubernetes.conflist", readExample("kubernetes"));
    machine.lab.outside();
    const containerd = await Containerd.start(t, machine, "k8s.io");
    const node = new Node(machine, containerd, new Kubelet(t, containerd.socket));
    // From now on the bridge is there, and what the Go suite leaves for all ports to come.
    await node.remove(await node.run("first", [{ host_port: 80, container_port: webPort }]));
    return node;
  }

  private constructor(
    readonly machine: Machine,
    readonly containerd: Containerd,
    readonly kubelet: Kubelet,
  ) {}

  async run(name: string, ports: readonly PortMapping[] = []): Promise<KubernetesPod> {
    const { id, containerId, addresses, netns: path } = await this.kubelet.runPod(name, ports);
    const netns = this.machine.pod(name, path);
    await waitFor(`${name} serves`, () => isServing(netns));
    return { name, id, containerId, addresses, netns, netnsName: basename(path) };
  }

  /** The kubelet stops a pod whenever it is not sure to have stopped it. */
  async remove({ id }: KubernetesPod): Promise<void> {
    await this.kubelet.stopPod(id);
    await this.kubelet.stopPod(id);
    await this.kubelet.removePod(id);
  }

  /** Ends a pod as a power cut does: nobody calls DEL. */
  async lose({ netnsName }: KubernetesPod): Promise<void> {
    await this.containerd.stop();
    const { machine } = this;
    machine.exec("sh", "-c", 'ip netns pids "$0" | xargs kill -KILL', netnsName);
    machine.exec("ip", "netns", "delete", netnsName);
  }

  /** What pods must not change in the end, with the names of network namespaces. */
  snapshot(): string {
    return `${this.machine.lab.snapshot()}\n${this.machine.exec("ls", "/run/netns")}`;
  }
}

export interface KubernetesPod extends Pod {
  readonly id: string;
  readonly containerId: string;
  /** As "ip netns" calls it on the node. */
  readonly netnsName: string;
}

/** @returns where a snapshot still names pods */
export function tracesOf(pods: readonly KubernetesPod[], snapshot: string): string[] {
  const names = pods.flatMap(({ id, addresses }) => [id, ...addresses.map((each) => `${each} `)]);
  const lines = snapshot.split("\n");
  return lines.filter((line) => names.some((name) => `${line} `.includes(name)));
}
