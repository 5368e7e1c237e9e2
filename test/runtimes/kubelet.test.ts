import t from "tap";
import { webPort } from "./image.ts";
import { Node } from "./node.ts";
import { expectConnected, expectPublished, flowsOf } from "./pods.ts";
import { lacksPrograms } from "./requirements.ts";

const skip = lacksPrograms("containerd", "ctr", "runc", "busybox", "conntrack");

t.test(
  "pods of the kubelet have their network and ports, and leave nothing",
  { skip },
  async (t) => {
    const node = await Node.start(t);
    const before = node.snapshot();
    t.match(await node.kubelet.networkReady(), { status: true });

    const a = await node.run("a", [
      { host_port: 8080, container_port: webPort },
      { host_port: 5353, container_port: 53, protocol: "UDP" },
    ]);
    const b = await node.run("b");
    t.match(await node.kubelet.exec(a.containerId, "ip", "address"), a.addresses[0]);
    expectConnected(t, node.machine, [a, b]);
    await expectPublished(t, node.machine, { pod: a, neighbour: b, hostPort: 8080 });
    await expectPublished(t, node.machine, { pod: a, neighbour: b, hostPort: 5353, udpPort: 53 });

    for (const pod of [a, b]) await node.remove(pod);
    t.equal(node.snapshot(), before);
    t.same(flowsOf(node.machine, [a, b]), []);
  },
);

t.test("pods live on while containerd restarts, and go afterwards", { skip }, async (t) => {
  const node = await Node.start(t);
  const before = node.snapshot();
  const ports = [{ host_port: 8080, container_port: webPort }];
  const [a, b] = [await node.run("a", ports), await node.run("b")];

  await node.containerd.stop();
  await node.containerd.start();
  const c = await node.run("c");
  expectConnected(t, node.machine, [a, c]);
  await expectPublished(t, node.machine, { pod: a, neighbour: c, hostPort: 8080 });
  for (const pod of [a, b, c]) await node.remove(pod);
  t.equal(node.snapshot(), before);
});

t.test("twenty pods of the kubelet start and stop at once", { skip }, async (t) => {
  const node = await Node.start(t);
  const before = node.snapshot();
  const ports = (index: number) => [{ host_port: 30_000 + index, container_port: webPort }];
  const names = Array.from({ length: 20 }, (_, index) => `pod-${index}`);
  const pods = await Promise.all(names.map((name, index) => node.run(name, ports(index))));
  t.equal(
    new Set(pods.flatMap(({ addresses }) => addresses)).size,
    40,
    "no address is given twice",
  );
  await Promise.all(pods.map((pod) => node.remove(pod)));
  t.equal(node.snapshot(), before);
});
