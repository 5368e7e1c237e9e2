import t, { type Test } from "tap";
import { createLab, type Lab, patchbay } from "../../support/lab.ts";
import type { Namespace } from "../../support/namespace.ts";
import { ask, serve } from "../../support/traffic.ts";
import { call, elements, makeBridge, type Published, ruleset, succeed } from "./host.ts";
import { backends, publish, publishingNetwork } from "./networks.ts";

/** A container that joins several networks asks for the same ports on each of them. */

t.setTimeout(170_000);

const first = { network: "first", ifName: "eth0", number: 2 };
const second = { network: "second", ifName: "eth1", number: 3 };
const third = { network: "third", ifName: "eth2", number: 4 };

/** @returns the network that has a port of all IPv4 addresses */
function holderOf(lab: Lab, port: number): string | undefined {
  const target = elements(lab).find(
    ({ set, key }) => set === "ports_of_any_ip" && JSON.stringify(key).endsWith(`,${port}]}`),
  );
  return target?.comment.split("/")[0];
}

function start(t: Test): { lab: Lab; container: Namespace; before: string } {
  const lab = createLab(t);
  makeBridge(lab);
  const container = lab.container("a");
  return { lab, container, before: lab.snapshot() };
}

t.test("the first network has the port, and hands it over when it is left", (t) => {
  const { lab, container, before } = start(t);
  const ports = ["8080:80", "192.0.2.1:53:53/udp"];
  const [one, two] = [first, second].map((each) => ({ ...each, container, ports }));
  if (!one || !two) throw new Error("No networks");
  succeed(lab, "ADD", one);
  succeed(lab, "ADD", two);
  t.equal(holderOf(lab, 8080), "first");
  succeed(lab, "CHECK", one);
  succeed(lab, "CHECK", two);

  succeed(lab, "DEL", one);
  t.equal(holderOf(lab, 8080), "second");
  t.match(ruleset(lab), '192.0.2.1 . udp . 53 comment "second/container-a/eth1" : 10.88.0.3 . 53');
  t.notMatch(ruleset(lab), '"first/');
  succeed(lab, "CHECK", two);

  succeed(lab, "ADD", one);
  t.equal(holderOf(lab, 8080), "second", "who comes back comes last");
  succeed(lab, "DEL", two);
  t.equal(holderOf(lab, 8080), "first");
  succeed(lab, "DEL", one);
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("a network that waits for a port leaves it to its owner when it is left", (t) => {
  const { lab, container, before } = start(t);
  succeed(lab, "ADD", { ...first, container, ports: ["8080:80"] });
  const between = ruleset(lab);
  succeed(lab, "ADD", { ...second, container, ports: ["8080:80", "9090:90"] });
  t.equal(holderOf(lab, 9090), "second", "it has those that nobody else has");
  succeed(lab, "DEL", { ...second, container });
  t.equal(ruleset(lab), between);
  succeed(lab, "DEL", { ...first, container });
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("of three networks each gets its turn", (t) => {
  const { lab, container, before } = start(t);
  const all = [first, second, third].map((each) => ({ ...each, container, ports: ["8080:80"] }));
  for (const each of all) succeed(lab, "ADD", each);
  for (const each of all) {
    t.equal(holderOf(lab, 8080), each.network);
    succeed(lab, "CHECK", each);
    succeed(lab, "DEL", each);
  }
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("conditions come and go with the port that they are for", (t) => {
  const { lab, container, before } = start(t);
  const limited = { conditionsV4: ["iifname", "eth0"], conditionsV6: ["iifname", "eth0"] };
  const one = { ...first, container, ports: ["8080:80"] };
  const two = { ...second, container, ports: ["8080:80"], config: limited };
  const limits = () => elements(lab).filter(({ set }) => set === "limited_ports_of_any_ip").length;
  succeed(lab, "ADD", one);
  succeed(lab, "ADD", two);
  succeed(lab, "CHECK", two);
  t.equal(limits(), 0);
  succeed(lab, "DEL", one);
  t.equal(limits(), 1);
  succeed(lab, "CHECK", two);
  succeed(lab, "DEL", two);
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("another container is still refused, and told who has the port", (t) => {
  const { lab, container } = start(t);
  const other = { container: lab.container("b"), number: 9, ports: ["8080:80"] };
  succeed(lab, "ADD", { ...first, container, ports: ["8080:80"] });
  succeed(lab, "ADD", { ...second, container, ports: ["8080:80"] });
  t.match(call(lab, "ADD", other).error, { code: 11, msg: /network "first"/ });
  succeed(lab, "DEL", { ...first, container });
  t.match(call(lab, "ADD", other).error, { code: 11, msg: /network "second"/ });
  t.end();
});

t.test("GC of a network hands its ports over as well", (t) => {
  const { lab, container } = start(t);
  succeed(lab, "ADD", { ...first, container, ports: ["8080:80"] });
  succeed(lab, "ADD", { ...second, container, ports: ["8080:80"] });
  const network = { cniVersion: "1.1.0", name: "first", type: "portmap" };
  lab.succeed("GC", "portmap", { ...network, "cni.dev/valid-attachments": [] });
  t.equal(holderOf(lab, 8080), "second");
  t.end();
});

t.test("who has the port still has it after a flush", (t) => {
  const { lab, container, before } = start(t);
  const one = { ...first, container, ports: ["8080:80"] };
  const two = { ...second, container, ports: ["8080:80", "9090:90"] };
  const three = { ...third, container, ports: ["8080:80"] };
  const reload = () => lab.runOnHost([`${patchbay}/patchbay`, "reload"]).stdout;
  // Whatever order their records are found in.
  for (const [holder, heir] of [
    [one, two],
    [two, one],
  ] as const) {
    succeed(lab, "ADD", holder);
    succeed(lab, "ADD", heir);
    lab.host.shell("nft flush ruleset");
    t.equal(reload(), "reloaded: the rules of 2 attachments\n");
    t.equal(holderOf(lab, 8080), holder.network);

    lab.host.shell("nft flush ruleset");
    succeed(lab, "ADD", three);
    t.equal(holderOf(lab, 8080), holder.network);
    succeed(lab, "DEL", holder);
    t.equal(holderOf(lab, 8080), heir.network);
    succeed(lab, "DEL", heir);
    t.equal(holderOf(lab, 8080), "third");
    succeed(lab, "DEL", three);
    t.equal(lab.snapshot(), before);
  }
  t.end();
});

t.test("without records, nothing that is another network's is removed", (t) => {
  const { lab, container, before } = start(t);
  const [one, two] = [first, second].map((each): Published => {
    return { ...each, container, ports: ["8080:80"] };
  });
  if (!one || !two) throw new Error("No networks");
  succeed(lab, "ADD", one);
  const between = ruleset(lab);
  succeed(lab, "ADD", two);
  lab.runOnHost(["sh", "-c", "rm -r /run/patchbay/*"]);
  succeed(lab, "DEL", two);
  t.equal(ruleset(lab), between);
  succeed(lab, "DEL", one);
  t.equal(lab.snapshot(), before);
  t.end();
});

for (const backend of backends) {
  t.test(`${backend}: the port answers as long as there is a network`, async (t) => {
    const lab = createLab(t);
    const { namespace: outside, hostIpv4 } = lab.outside();
    const settings = { backend, masqAll: true };
    const one = lab.chain(publishingNetwork(settings));
    const two = lab.chain({
      ...publishingNetwork(settings, {
        bridge: "cni1",
        ipam: { type: "host-local", subnet: "10.89.0.0/24" },
        isDefaultGateway: false,
        isGateway: true,
      }),
      name: "back",
    });
    const container = lab.container("a");
    const mapping = publish("8080:80");
    const joins = [
      { chain: one, call: { ifName: "eth0", ...mapping } },
      { chain: two, call: { ifName: "eth1", ...mapping } },
    ];
    for (const { chain, call } of joins) chain.add(container, call);
    await serve(t, container, { protocol: "tcp", address: "0.0.0.0", port: 80 });
    const port = { protocol: "tcp", address: hostIpv4, port: 8080 } as const;
    const local = { ...port, address: "127.0.0.1" };
    for (const { chain, call } of joins) {
      t.ok(ask(outside, port), `from outside, before ${call.ifName} goes`);
      t.ok(ask(lab.host, local), `from the host, before ${call.ifName} goes`);
      chain.del(container, call);
    }
    t.notOk(ask(outside, port));
  });
}
