import { cpSync } from "node:fs";
import { join, resolve } from "node:path";
import t, { type Test } from "tap";
import { reference } from "../support/lab.ts";
import { required } from "../support/required.ts";
import { webPort } from "./image.ts";
import { type KubernetesPod, Node, tracesOf } from "./node.ts";
import { expectConnected, expectPublished } from "./pods.ts";
import { lacksPrograms } from "./requirements.ts";

const skip = lacksPrograms("containerd", "ctr", "runc", "busybox");

/** A node that has the Go suite, and on which ours is installed and taken back as people do it. */
class TwoSuitesNode {
  static async start(t: Test): Promise<TwoSuitesNode> {
    const plugins = join(t.testdir(), "bin");
    cpSync(reference, plugins, { recursive: true });
    return new TwoSuitesNode(await Node.start(t, plugins));
  }

  private constructor(readonly node: Node) {}

  install(...options: readonly string[]): void {
    this.node.machine.exec(resolve("dist/bin/patchbay"), "install", ...options);
  }

  /** Runs pods at once, each with a port of the node. */
  run(name: string, firstPort: number): Promise<KubernetesPod[]> {
    const runOne = (_: unknown, index: number) => {
      const ports = [{ host_port: firstPort + index, container_port: webPort }];
      return this.node.run(`${name}-${index}`, ports);
    };
    return Promise.all(Array.from({ length: 6 }, runOne));
  }

  async remove(pods: readonly KubernetesPod[]): Promise<void> {
    await Promise.all(pods.map((pod) => this.node.remove(pod)));
  }
}

/** @param ports that the first of the one and of the other have on the node */
async function expectBothReachable(
  t: Test,
  node: Node,
  pods: readonly KubernetesPod[][],
  ports: readonly [number, number] = [30_000, 31_000],
) {
  const [a, b] = [required(pods[0]?.[0]), required(pods[1]?.[0])];
  expectConnected(t, node.machine, [a, b]);
  await expectPublished(t, node.machine, { pod: a, neighbour: b, hostPort: ports[0] });
  await expectPublished(t, node.machine, { pod: b, neighbour: a, hostPort: ports[1] });
}

t.test("a node takes over from the Go suite while pods run", { skip }, async (t) => {
  const suites = await TwoSuitesNode.start(t);
  const theirs = await suites.run("go", 30_000);
  suites.install();
  const ours = await suites.run("patchbay", 31_000);
  await expectBothReachable(t, suites.node, [theirs, ours]);
  t.not(tracesOf([...theirs, ...ours], suites.node.snapshot()).length, 0);
  await suites.remove([...theirs, ...ours]);
  t.same(tracesOf([...theirs, ...ours], suites.node.snapshot()), []);
});

t.test("a node goes back to the Go suite while pods run", { skip }, async (t) => {
  const suites = await TwoSuitesNode.start(t);
  const theirs = await suites.run("go", 30_000);
  suites.install();
  const ours = await suites.run("patchbay", 31_000);
  await expectBothReachable(t, suites.node, [theirs, ours]);
  await suites.remove([...theirs.slice(0, 3), ...ours.slice(0, 3)]);
  suites.install("--rollback");
  await expectBothReachable(t, suites.node, [theirs.slice(3), ours.slice(3)], [30_003, 31_003]);
  await suites.remove([...theirs.slice(3), ...ours.slice(3)]);
  t.same(tracesOf([...theirs, ...ours], suites.node.snapshot()), []);
});
