import t, { type Test } from "tap";
import { readExample } from "../conf/example.ts";
import { Machine } from "./machine.ts";
import { Podman } from "./podman.ts";
import { addressesOf, expectConnected, expectPublished, flowsOf, visit } from "./pods.ts";
import { lacksPrograms } from "./requirements.ts";

const skip = lacksPrograms("podman", "conmon", "runc", "busybox", "conntrack");

async function start(t: Test): Promise<Podman> {
  const machine = await Machine.start(t);
  machine.lab.outside();
  return Podman.start(t, machine);
}

function createNetwork(podman: Podman, name: string, ipv4: string, ipv6: string): void {
  podman.exec("network", "create", "--ipv6", "--subnet", ipv4, "--subnet", ipv6, name);
}

t.test("podman's own networks: ports, restart, and nothing is left", { skip }, async (t) => {
  const podman = await start(t);
  const { machine } = podman;
  createNetwork(podman, "web", "10.90.0.0/24", "fd00:10:90::/64");
  await podman.run("first", "--network", "web", "--publish", "8080:8080");
  await podman.remove("first"); // the bridge is there from now on, and the firewall plugin's chains
  const before = machine.lab.snapshot();

  const ports = ["--publish", "8080:8080", "--publish", "5353:53/udp"];
  const a = await podman.run("a", "--network", "web", ...ports);
  const b = await podman.run("b", "--network", "web");
  expectConnected(t, machine, [a, b]);
  await expectPublished(t, machine, { pod: a, neighbour: b, hostPort: 8080 });
  await expectPublished(t, machine, { pod: a, neighbour: b, hostPort: 5353, udpPort: 53 });

  podman.exec("restart", "--time", "0", "a");
  const restarted = await podman.inspect("a");
  expectConnected(t, machine, [restarted, b]);
  await expectPublished(t, machine, { pod: restarted, neighbour: b, hostPort: 8080 });

  await podman.remove("a");
  await podman.remove("b");
  t.equal(machine.lab.snapshot(), before);
  t.same(flowsOf(machine, [a, b, restarted]), []);
});

t.test(
  "podman's default network: a container joins a second, and leaves it",
  { skip },
  async (t) => {
    const podman = await start(t);
    const { machine } = podman;
    machine.write("/etc/cni/net.d/87-podman.conflist", readExample("podman"));
    createNetwork(podman, "back", "10.91.0.0/24", "fd00:10:91::/64");
    await podman.run("first", "--network", "podman,back");
    await podman.remove("first");
    const before = machine.lab.snapshot();

    const a = await podman.run("a", "--publish", "8080:8080");
    const b = await podman.run("b", "--network", "back");
    const published = { pod: a, neighbour: b, hostPort: 8080 };
    await expectPublished(t, machine, published);
    t.match(a.addresses, [/^10\.88\.0\./, /^fd00:10:88::/]);
    podman.exec("network", "connect", "back", "a");
    const joined = addressesOf(a.netns, "eth1");
    t.match(joined, [/^10\.91\.0\./, /^fd00:10:91::/]);
    for (const address of joined) t.match(visit(b.netns, address), { server: "a" }, address);
    await expectPublished(t, machine, published); // for both networks now

    podman.exec("network", "disconnect", "back", "a");
    t.same(
      a.netns.ip("link", "show").map(({ ifname }) => ifname),
      ["lo", "eth0"],
    );
    for (const address of joined) t.notOk(visit(b.netns, address), address);
    await expectPublished(t, machine, published);

    await podman.remove("a");
    await podman.remove("b");
    t.equal(machine.lab.snapshot(), before);
    t.same(flowsOf(machine, [a, b, { ...a, addresses: joined }]), []);
  },
);

t.test("podman starts and removes twenty containers at once", { skip }, async (t) => {
  const podman = await start(t);
  const { lab } = podman.machine;
  createNetwork(podman, "web", "10.90.0.0/24", "fd00:10:90::/64");
  await podman.run("first", "--network", "web", "--publish", "8080:8080");
  await podman.remove("first");
  const before = lab.snapshot();

  const names = Array.from({ length: 20 }, (_, index) => `pod-${index}`);
  const options = (index: number) => ["--network", "web", "--publish", `${30_000 + index}:8080`];
  const pods = await Promise.all(names.map((name, index) => podman.run(name, ...options(index))));
  t.equal(
    new Set(pods.flatMap(({ addresses }) => addresses)).size,
    40,
    "no address is given twice",
  );
  await Promise.all(names.map((name) => podman.remove(name)));
  t.equal(lab.snapshot(), before);
});
