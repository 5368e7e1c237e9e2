import type { Test } from "tap";
import type { Json } from "../../support/outcome.ts";
import { differenceOf } from "../support/difference.ts";
import { config, OddNode } from "../support/odd-node.ts";
import { judge } from "./judgement.ts";
import { almost } from "./mutation.ts";
import { type Property, property } from "./property.ts";

/** Whatever a configuration says about files, it is said to a machine that cannot be written to. */
const setUp = "mount -o remount,bind,ro /; cd /";

const bridge: Json = {
  ...config,
  hairpinMode: true,
  macspoofchk: true,
  mtu: 1400,
  runtimeConfig: { mac: "02:00:00:00:00:01" },
};

const portmap: Json = {
  cniVersion: "1.1.0",
  name: "net",
  type: "portmap",
  snat: true,
  conditionsV4: ["ip", "saddr", "192.0.2.0/24"],
  runtimeConfig: {
    portMappings: [
      { hostPort: 8080, containerPort: 80, protocol: "tcp", hostIP: "192.0.2.1" },
      { hostPort: 53, containerPort: 53, protocol: "udp" },
    ],
  },
  prevResult: {
    cniVersion: "1.1.0",
    ips: [{ address: "10.88.0.2/24" }, { address: "fd00:88::2/64" }],
  },
};

/** What is there before the first container, and again after each. */
const clear = `
  for bridge in $(ip -o link show type bridge | sed 's/^[0-9]*: //; s/[:@].*//'); do
    ip link delete "$bridge"
  done
  sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1`;

/** @returns whether the real plugins, told what is almost right, leave nothing of it */
export function livesOn(t: Pick<Test, "teardown">): readonly Property[] {
  const node = new OddNode(t);
  node.shell(clear);
  const before = node.snapshot();
  return [bridge, portmap].map((document) => {
    const { type } = document;
    const stdin = almost(document).map((value) => Buffer.from(JSON.stringify(value) ?? ""));
    return property(`DEL takes away what ADD of ${type} made`, 20, stdin, (text) =>
      live(node, type, text, before),
    );
  });
}

function live(node: OddNode, type: string, stdin: Uint8Array, before: string): string {
  const call = (verb: string) => {
    const { exitCode, ...said } = node.call(verb, { setUp, config: { type }, stdin });
    return { status: exitCode, ...said };
  };
  const added = call("ADD");
  const left = added.status === 0 ? "" : differenceOf(before, node.snapshot());
  const deleted = call("DEL");
  const refusal = added.status === 0 && deleted.status !== 0 ? "DEL refuses what ADD took" : "";
  node.shell(clear);
  const rest = differenceOf(before, node.snapshot());
  return [judge(added), left, judge(deleted), refusal, rest]
    .filter((each) => each !== "")
    .join("\n");
}
