import { join } from "node:path";
import t, { type Test } from "tap";
import { patchbay } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";
import { Containerd } from "./containerd.ts";
import { image } from "./image.ts";
import { Kubelet } from "./kubelet.ts";
import { Machine } from "./machine.ts";
import { Podman } from "./podman.ts";
import { lacksPrograms } from "./requirements.ts";
import { readSnippet } from "./snippets.ts";

/*
 * What README.md tells its readers to do is done here, word for word, on a machine without plugins.
 */

const busybox = "docker.io/library/busybox:latest";

async function startEmpty(t: Test): Promise<Machine> {
  const machine = await Machine.start(t, join(t.testdir({ bin: {} }), "bin"));
  machine.lab.outside();
  return machine;
}

/** Runs a snippet, as if an unpacked release were on PATH. @returns what it printed */
function follow(machine: Machine, heading: string): string {
  const shell = ["sh", "-e", "-c", readSnippet(heading, "sh")];
  const path = `${patchbay}:${process.env["PATH"]}`;
  return machine.exec("env", `PATH=${path}`, "CONTAINERD_SNAPSHOTTER=native", ...shell);
}

const skipContainerd = lacksPrograms("containerd", "ctr", "runc", "busybox");

t.test("containerd, Kubernetes: the node becomes ready", { skip: skipContainerd }, async (t) => {
  const machine = await startEmpty(t);
  const containerd = await Containerd.start(t, machine, "k8s.io");
  const kubelet = new Kubelet(t, containerd.socket);
  t.notOk((await kubelet.networkReady())["status"]);
  follow(machine, "containerd, Kubernetes");
  await waitFor("the node is ready", async () => (await kubelet.networkReady())["status"]);
  const { addresses } = await kubelet.runPod("a");
  t.match(addresses, [/^10\.244\.1\./, /^fd00:10:244:1::/]);
});

t.test("ctr: a container shows its address", { skip: skipContainerd }, async (t) => {
  const machine = await startEmpty(t);
  const containerd = await Containerd.start(t, machine, "default");
  containerd.ctr("image", "tag", image, busybox);
  t.match(follow(machine, "ctr"), /inet 10\.85\.0\.2\/16 .*\n[\s\S]*inet6 fd00:10:85::2\/64/);
});

const skipPodman = lacksPrograms("podman", "conmon", "runc", "busybox");

t.test("podman: a container's port answers", { skip: skipPodman }, async (t) => {
  const machine = await startEmpty(t);
  const podman = Podman.start(t, machine);
  podman.exec("tag", image, busybox);
  follow(machine, "podman");
  const { namespace: outside, hostIpv4, hostIpv6 } = machine.lab.outside();
  for (const address of [hostIpv4, hostIpv6]) {
    await waitFor(`${address} answers outside`, () => {
      const request = "echo GET / | timeout 5 busybox nc -w 3 $0 8080";
      return outside.tryExec(["sh", "-c", request, address]).stdout.startsWith("HTTP/1");
    });
  }
});

t.test("cnitool: a namespace reaches its gateway", async (t) => {
  const machine = await startEmpty(t);
  t.match(follow(machine, "cnitool"), /"address": "10\.22\.0\.2\/16"[\s\S]* 0% packet loss/);
});
