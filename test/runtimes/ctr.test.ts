import { existsSync, readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { readExample } from "../conf/example.ts";
import type { Output } from "../support/namespace.ts";
import { waitFor } from "../support/wait.ts";
import { Containerd } from "./containerd.ts";
import { image } from "./image.ts";
import { Machine } from "./machine.ts";
import { addressesOf, expectConnected, isServing, type Pod } from "./pods.ts";
import { lacksPrograms } from "./requirements.ts";

const skip = lacksPrograms("containerd", "ctr", "runc", "busybox");

interface CtrPod extends Pod {
  /** @returns how `ctr run` ended */
  stop(): Promise<Output>;
}

async function start(t: Test): Promise<Containerd> {
  const machine = await Machine.start(t);
  machine.write("/etc/cni/net.d/10-containers.conflist", readExample("single-node"));
  machine.lab.outside();
  return await Containerd.start(t, machine, "default");
}

/** ctr detaches a container from its network when it has waited for its end. */
async function runPod(containerd: Containerd, name: string): Promise<CtrPod> {
  const { machine } = containerd;
  const pidFile = `/run/${name}.pid`;
  const options = ["--rm", "--null-io", "--cni", "--snapshotter", "native", "--pid-file", pidFile];
  let failure: string | undefined;
  const ended = containerd.ctrAsync("run", ...options, "--env", `NAME=${name}`, image, name);
  ended.then(({ stderr }) => {
    failure = `ctr run ${name}: ${stderr}`;
  });
  await waitFor(
    `ctr runs ${name}`,
    () => {
      if (failure !== undefined) throw new Error(failure);
      return existsSync(machine.path(pidFile)) && isServing(netnsOf(machine, name));
    },
    30_000,
  );
  const netns = netnsOf(machine, name);
  const stop = () => {
    containerd.ctr("task", "kill", "--signal", "KILL", name);
    return ended;
  };
  return { name, netns, addresses: addressesOf(netns), stop };
}

function netnsOf(machine: Machine, name: string) {
  const pid = readFileSync(machine.path(`/run/${name}.pid`), "utf8").trim();
  return machine.pod(name, `/proc/${pid}/ns/net`);
}

t.test("ctr run --cni: containers have their network, and leave nothing", { skip }, async (t) => {
  const containerd = await start(t);
  const { lab } = containerd.machine;
  await (await runPod(containerd, "first")).stop(); // the bridge is there from now on
  const before = lab.snapshot();

  const pods = [await runPod(containerd, "a"), await runPod(containerd, "b")];
  expectConnected(t, containerd.machine, pods);
  for (const pod of pods) t.match(await pod.stop(), { exitCode: 137, stderr: "" });
  t.equal(lab.snapshot(), before);
});

t.test("ctr run --cni: twenty containers start and stop at once", { skip }, async (t) => {
  const containerd = await start(t);
  const { lab } = containerd.machine;
  await (await runPod(containerd, "first")).stop();
  const before = lab.snapshot();

  const names = Array.from({ length: 20 }, (_, index) => `pod-${index}`);
  const pods = await Promise.all(names.map((name) => runPod(containerd, name)));
  t.equal(
    new Set(pods.flatMap(({ addresses }) => addresses)).size,
    40,
    "no address is given twice",
  );
  const ends = await Promise.all(pods.map((pod) => pod.stop()));
  for (const end of ends) t.match(end, { exitCode: 137, stderr: "" });
  t.equal(lab.snapshot(), before);
});
