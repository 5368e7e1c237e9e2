import { resolve } from "node:path";
import { Client, credentials } from "@grpc/grpc-js";
import { loadSync, type MethodDefinition } from "@grpc/proto-loader";
import type { Test } from "tap";
import type { Json } from "../support/outcome.ts";
import { image } from "./image.ts";

/** As a pod's `ports` in Kubernetes. */
export interface PortMapping {
  readonly protocol?: "TCP" | "UDP";
  readonly container_port: number;
  readonly host_port: number;
  readonly host_ip?: string;
}

/** A pod that has its network and one container of the image. */
export interface PodSandbox {
  readonly id: string;
  readonly containerId: string;
  /** The path of its network namespace, on the node. */
  readonly netns: string;
  /** The primary address first. */
  readonly addresses: readonly string[];
}

type Methods = Readonly<Record<string, MethodDefinition<object, object>>>;

/** Speaks with a container runtime as the kubelet does: the Container Runtime Interface, over gRPC. */
export class Kubelet {
  readonly #client: Client;
  readonly #methods: Methods;
  #pods = 0;

  /** @param socket of the runtime, as this process sees it */
  constructor(t: Test, socket: string) {
    const definition = loadSync(resolve("test/runtimes/cri.proto"), {
      keepCase: true,
      enums: String,
    });
    this.#methods = definition["runtime.v1.RuntimeService"] as Methods;
    this.#client = new Client(`unix://${socket}`, credentials.createInsecure());
    t.teardown(() => this.#client.close());
  }

  /** Makes a pod as the kubelet does: first its sandbox, which has the network, then the container. */
  async runPod(name: string, portMappings: readonly PortMapping[] = []): Promise<PodSandbox> {
    this.#pods += 1;
    const metadata = { name, namespace: "default", uid: `uid-${this.#pods}`, attempt: 0 };
    const config = { metadata, hostname: name, port_mappings: portMappings, linux: {} };
    const { pod_sandbox_id: id } = await this.call("RunPodSandbox", { config });
    const container = {
      metadata: { name: "web" },
      image: { image },
      envs: [{ key: "NAME", value: name }],
    };
    const request = { pod_sandbox_id: id, config: container, sandbox_config: config };
    const { container_id: containerId } = await this.call("CreateContainer", request);
    await this.call("StartContainer", { container_id: containerId });
    return { id, containerId, ...(await this.#networkOf(id)) };
  }

  async #networkOf(id: string): Promise<Pick<PodSandbox, "addresses" | "netns">> {
    const { status, info } = await this.call("PodSandboxStatus", {
      pod_sandbox_id: id,
      verbose: true,
    });
    const { ip, additional_ips: others } = status.network;
    const { namespaces } = JSON.parse(info.info).runtimeSpec.linux;
    const network = namespaces.find(({ type }: Json) => type === "network");
    return { addresses: [ip, ...(others ?? []).map(({ ip }: Json) => ip)], netns: network.path };
  }

  async stopPod(id: string): Promise<void> {
    await this.call("StopPodSandbox", { pod_sandbox_id: id });
  }

  async removePod(id: string): Promise<void> {
    await this.call("RemovePodSandbox", { pod_sandbox_id: id });
  }

  /** @returns what a program in the container printed */
  async exec(containerId: string, ...cmd: readonly string[]): Promise<string> {
    const reply = await this.call("ExecSync", { container_id: containerId, cmd, timeout: 10 });
    if (reply["exit_code"]) throw new Error(`"${cmd.join(" ")}": ${reply["stderr"]}`);
    return String(reply["stdout"]);
  }

  /** @returns what the node would report as `NetworkReady` */
  async networkReady(): Promise<Json> {
    const { status } = await this.call("Status", {});
    return status.conditions.find(({ type }: Json) => type === "NetworkReady");
  }

  call(method: string, request: object): Promise<Json> {
    const definition = this.#methods[method];
    if (definition === undefined) throw new Error(`cri.proto has no "${method}"`);
    const { path, requestSerialize, responseDeserialize } = definition;
    const deadline = Date.now() + 60_000;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        { deadline },
        (error, reply) => (error ? reject(error) : resolve(reply ?? {})),
      );
    });
  }
}
