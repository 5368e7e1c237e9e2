import t from "tap";
import { readExample } from "../conf/example.ts";
import { Machine } from "./machine.ts";
import { Node, tracesOf } from "./node.ts";
import { lacksPrograms } from "./requirements.ts";

/*
 * `patchbay` in the part of libcni: on what containerd has written, and with plugins that are not ours.
 */

function patchbay(machine: Machine, ...args: readonly string[]): string {
  return machine.exec("/opt/cni/bin/patchbay", ...args);
}

const skipNode = lacksPrograms("containerd", "ctr", "runc", "busybox");

t.test("what containerd remembers, patchbay checks and collects", { skip: skipNode }, async (t) => {
  const node = await Node.start(t);
  const { machine } = node;
  const ports = [{ host_port: 8080, container_port: 8080 }];
  const [a, b] = [await node.run("a", ports), await node.run("b")];
  patchbay(machine, "status", "kubernetes");
  for (const { id, netnsName } of [a, b]) {
    patchbay(machine, "check", "kubernetes", netnsName, "--container-id", id);
  }
  const collect = (...options: string[]) =>
    JSON.parse(patchbay(machine, "gc", "kubernetes", "--valid-live", "--json", ...options)).removed;
  t.same(collect(), []);

  await node.lose(a);
  t.not(tracesOf([a], machine.lab.snapshot()).length, 0);
  const removed = [{ containerID: a.id, ifname: "eth0" }];
  t.same(collect("--dry-run"), removed);
  t.same(collect(), removed);
  // containerd has another network, for lo; nobody asked to collect that.
  const traces = tracesOf([a], machine.lab.snapshot());
  t.same(
    traces.filter((line) => !line.startsWith("results/cni-loopback-")),
    [],
  );
  patchbay(machine, "check", "kubernetes", b.netnsName, "--container-id", b.id);
});

t.test("patchbay attaches and detaches with plugins of both suites in a chain", async (t) => {
  const machine = await Machine.start(t);
  machine.write("/etc/cni/net.d/87-podman.conflist", readExample("podman"));
  for (const plugin of ["firewall", "tuning"]) {
    machine.exec("cp", `${machine.reference}/${plugin}`, "/usr/lib/cni");
  }
  machine.lab.outside();
  const attach = (name: string) => {
    machine.exec("ip", "netns", "add", name);
    const path = ["--cni-path", "/opt/cni/bin:/usr/lib/cni"];
    const run = (verb: string) => patchbay(machine, verb, "podman", name, ...path);
    return { run, netns: machine.pod(name, `/run/netns/${name}`) };
  };
  const first = attach("first");
  first.run("add");
  first.run("del");
  const before = machine.lab.snapshot();

  const [a, b] = [attach("a"), attach("b")];
  for (const each of [a, b]) t.equal(JSON.parse(each.run("add")).cniVersion, "0.4.0");
  for (const each of [a, b]) each.run("check");
  t.ok(a.netns.reaches("10.88.0.4"));
  t.ok(a.netns.reaches(machine.lab.outside().ipv4));
  machine.exec("ip", "netns", "delete", "a");
  for (const each of [a, b, a]) each.run("del");
  t.equal(machine.lab.snapshot(), before);
});

t.test("twenty namespaces are attached and detached at once by patchbay", async (t) => {
  const machine = await Machine.start(t);
  machine.write("/etc/cni/net.d/10-containers.conflist", readExample("single-node"));
  const run = async (verb: string, name: string, port: number) => {
    const portMappings = [{ hostPort: port, containerPort: 80, protocol: "tcp" }];
    const ports = ["--cap-args", JSON.stringify({ portMappings })];
    const tool = "/opt/cni/bin/patchbay";
    const output = await machine.tryExecAsync([tool, verb, "containers", name, ...ports]);
    if (output.exitCode !== 0) throw new Error(`${verb} ${name}: ${output.stderr}`);
    return output.stdout;
  };
  const names = Array.from({ length: 20 }, (_, index) => `pod-${index}`);
  for (const name of ["first", ...names]) machine.exec("ip", "netns", "add", name);
  await run("add", "first", 8080);
  await run("del", "first", 8080);
  const before = machine.lab.snapshot();

  const all = (verb: string) =>
    Promise.all(names.map((name, index) => run(verb, name, 30_000 + index)));
  const addresses = (await all("add")).flatMap((text) =>
    JSON.parse(text).ips.map(({ address }: { address: string }) => address),
  );
  t.equal(new Set(addresses).size, 40, "no address is given twice");
  await all("check");
  await all("del");
  t.equal(machine.lab.snapshot(), before);
});
