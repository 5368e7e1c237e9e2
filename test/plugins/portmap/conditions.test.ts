import t from "tap";
import { createLab } from "../../support/lab.ts";
import { askAll, serve } from "../../support/traffic.ts";
import { call, elements, makeBridge, ruleset, succeed } from "./host.ts";
import { publish, publishingNetwork } from "./networks.ts";

t.setTimeout(170_000);

const byBackend = {
  nftables: ["ip", "saddr", "!=", "198.51.100.0/25", "iifname", "uplink"],
  iptables: ["!", "-s", "198.51.100.0/25", "-i", "uplink"],
} as const;

for (const [backend, conditionsV4] of Object.entries(byBackend)) {
  t.test(`${backend}: conditions decide about the ports of their own network only`, async (t) => {
    const lab = createLab(t);
    const { namespace: outside, hostIpv4 } = lab.outside();
    outside.shell("ip address add 198.51.100.200/24 dev eth0");
    const limited = lab.chain(publishingNetwork({ backend, conditionsV4 }));
    const ipam = { type: "host-local", subnet: "10.89.0.0/24" };
    const open = lab.chain({
      ...publishingNetwork({ backend }, { bridge: "cni1", ipam }),
      name: "open",
    });
    const [a, b] = [lab.container("a"), lab.container("b")];
    limited.add(a, publish("8080:80", `${hostIpv4}:8082:80`));
    // The order must not matter: the conditions of the last ADD are not everybody's.
    open.add(b, publish("8081:80"));
    await serve(t, a, { protocol: "tcp", address: "0.0.0.0", port: 80 });

    const ports = [8080, 8082];
    const asked = ports.map((port) => ({ protocol: "tcp", address: hostIpv4, port }) as const);
    t.same(askAll(outside, asked, 0.5), [undefined, undefined], "198.51.100.2 is excluded");
    outside.shell(`ip route replace ${hostIpv4} dev eth0 src 198.51.100.200`);
    const answers = askAll(outside, asked);
    t.same(
      answers.map((answer) => answer?.address),
      ["198.51.100.200", "198.51.100.200"],
    );
    limited.check(a);
  });
}

t.test("networks with the same conditions share a chain, which goes with the last of them", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [a, b, c] = [lab.container("a"), lab.container("b"), lab.container("c")];
  const config = { conditionsV4: ["ip saddr 192.0.2.0/24"] };
  const first = { container: a, ports: ["8080:80"], config };
  const second = { container: b, network: "admin", number: 3, ports: ["8081:80"], config };
  const other = { container: c, number: 4, ports: ["8082:80"], config: {} };
  succeed(lab, "ADD", other);
  const before = ruleset(lab);
  succeed(lab, "ADD", first);
  succeed(lab, "ADD", second);
  t.equal(ruleset(lab).match(/chain if_ip_\w+ \{/g)?.length, 1);
  t.match(ruleset(lab), "ip saddr 192.0.2.0/24 goto translate");
  succeed(lab, "CHECK", first);
  succeed(lab, "DEL", first);
  succeed(lab, "CHECK", second);
  succeed(lab, "DEL", second);
  t.equal(ruleset(lab), before);
  t.end();
});

t.test("a port with conditions is taken like any other", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [a, b] = [lab.container("a"), lab.container("b")];
  const config = { conditionsV4: ["iifname", "eth0"] };
  succeed(lab, "ADD", { container: a, ports: ["8080:80"], config });
  const { error } = call(lab, "ADD", { container: b, number: 3, ports: ["8080:80"] });
  t.match(error, { code: 11, msg: /host port 8080\/tcp is taken: container "container-a"/ });
  t.end();
});

t.test("snat, masqAll and conditions of one network never change those of another", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const settings = [
    {},
    { snat: false },
    { masqAll: true },
    { conditionsV4: ["ip", "saddr", "192.0.2.1"], conditionsV6: ["ip6", "daddr", "fd00::/8"] },
  ];
  const all = settings.map((config, index) => ({
    container: lab.container(`c${index}`),
    network: `net${index}`,
    number: index + 2,
    ports: [`${8080 + index}:80`],
    config,
  }));
  const elementsOf = (network: string) =>
    elements(lab)
      .filter(({ comment }) => comment.startsWith(`${network}/`))
      .map((element) => JSON.stringify(element))
      .sort();
  const alone = all.map((each) => {
    succeed(lab, "ADD", each);
    const own = elementsOf(each.network);
    succeed(lab, "DEL", each);
    return own;
  });
  for (const each of all) succeed(lab, "ADD", each);
  for (const [index, { network }] of all.entries()) {
    t.same(elementsOf(network), alone[index], network);
  }
  t.end();
});
