import { readdirSync } from "node:fs";
import t from "tap";
import { createLab } from "../../support/lab.ts";
import { call, configOf, makeBridge, ruleset, succeed } from "./host.ts";
import { backends } from "./networks.ts";

const ports = [
  "8080:80",
  "192.0.2.1:8081:81",
  "[2001:db8::1]:8082:82/udp",
  "53:5353/udp",
  "99:9/sctp",
];

t.setTimeout(170_000);

for (const backend of backends) {
  const config = { backend };

  t.test(`${backend}: after the last DEL the host is as before the first ADD`, (t) => {
    const lab = createLab(t);
    makeBridge(lab);
    const [a, b] = [lab.container("a"), lab.container("b")];
    const first = { container: a, ports, config };
    const second = { container: b, ports: ["9090:90"], number: 3, config };
    if (backend === "iptables") {
      // iptables brings its tables into being, and nobody can take them away again.
      succeed(lab, "ADD", first);
      succeed(lab, "DEL", first);
    }
    const before = lab.snapshot();
    succeed(lab, "ADD", first);
    const between = lab.snapshot();
    t.not(between, before);
    succeed(lab, "ADD", second);
    succeed(lab, "CHECK", first);
    succeed(lab, "CHECK", second);
    succeed(lab, "DEL", second);
    t.equal(lab.snapshot(), between);
    succeed(lab, "DEL", first);
    t.equal(lab.snapshot(), before);
    t.same(readdirSync(lab.runDir), [], "no record is left");
    succeed(lab, "DEL", first);
    t.equal(lab.snapshot(), before);
    t.end();
  });

  t.test(`${backend}: DEL needs neither port mappings, nor a result, nor the namespace`, (t) => {
    const lab = createLab(t);
    makeBridge(lab);
    const a = lab.container("a");
    const published = { container: a, ports, config };
    succeed(lab, "ADD", published);
    succeed(lab, "DEL", published);
    const before = lab.snapshot();
    succeed(lab, "ADD", published);
    const bare = { cniVersion: "1.1.0", name: "web", type: "portmap" };
    lab.succeed("DEL", "portmap", bare, { container: a, netns: "" });
    t.equal(lab.snapshot(), before);
    t.end();
  });

  t.test(`${backend}: a second ADD of an attachment replaces what the first published`, (t) => {
    const lab = createLab(t);
    makeBridge(lab);
    const a = lab.container("a");
    succeed(lab, "ADD", { container: a, ports: ["8000:80", "8001:81"], config });
    succeed(lab, "DEL", { container: a, config });
    succeed(lab, "ADD", { container: a, ports: ["8001:82", "8002:83"], config });
    const wanted = lab.snapshot();
    succeed(lab, "DEL", { container: a, config });
    succeed(lab, "ADD", { container: a, ports: ["8000:80", "8001:81"], config });
    succeed(lab, "ADD", { container: a, ports: ["8001:82", "8002:83"], config });
    t.equal(lab.snapshot(), wanted);
    t.end();
  });

  t.test(`${backend}: two attachments of a container do not disturb each other`, (t) => {
    const lab = createLab(t);
    makeBridge(lab);
    const a = lab.container("a");
    const first = { container: a, network: "web", ports: ["8000:80"], config };
    const second = { ...first, network: "admin", ifName: "net1", number: 3, ports: ["9000:90"] };
    succeed(lab, "ADD", first);
    succeed(lab, "ADD", second);
    succeed(lab, "DEL", first);
    succeed(lab, "CHECK", second);
    t.match(call(lab, "CHECK", first).error, { msg: /not published/ });
    t.end();
  });

  t.test(`${backend}: CHECK misses what somebody else took away`, (t) => {
    const lab = createLab(t);
    makeBridge(lab);
    const published = { container: lab.container("a"), ports, config };
    t.match(call(lab, "CHECK", published).error, { code: 999, msg: /not published/ });
    succeed(lab, "ADD", published);
    succeed(lab, "CHECK", published);
    const spoil =
      backend === "nftables"
        ? "nft flush chain inet patchbay ports"
        : "iptables -t nat -F $(iptables -t nat -S | grep -o 'CNI-DN-[0-9a-f]*' | head -1)";
    lab.host.shell(spoil);
    t.match(call(lab, "CHECK", published).error, { msg: /has 0 rules|lacks a rule/ });
    succeed(lab, "DEL", published);
    t.end();
  });

  t.test(`${backend}: without port mappings nothing is touched`, (t) => {
    const lab = createLab(t);
    makeBridge(lab);
    const published = { container: lab.container("a"), config };
    const before = lab.snapshot();
    const { result } = call(lab, "ADD", published);
    t.match(result, { ips: [{ address: "10.88.0.2/24" }, { address: "fd00:88::2/64" }] });
    succeed(lab, "CHECK", published);
    succeed(lab, "DEL", published);
    t.equal(lab.snapshot(), before);
    t.end();
  });

  t.test(`${backend}: GC removes what is not valid any more, of this network only`, (t) => {
    const lab = createLab(t);
    makeBridge(lab);
    const [a, b, c] = [lab.container("a"), lab.container("b"), lab.container("c")];
    const kept = { container: a, ports: ["8000:80"], config };
    const stale = { container: b, number: 3, ports: ["8001:80"], config };
    const foreign = { container: c, network: "admin", number: 4, ports: ["8002:80"], config };
    for (const each of [kept, stale, foreign]) succeed(lab, "ADD", each);
    const { prevResult: _, ...network } = configOf({ container: a, config });
    const valid = [{ containerID: "container-a", ifname: "eth0" }];
    lab.succeed("GC", "portmap", { ...network, "cni.dev/valid-attachments": valid });
    succeed(lab, "CHECK", kept);
    succeed(lab, "CHECK", foreign);
    t.match(call(lab, "CHECK", stale).error, { msg: /not published/ });
    lab.succeed("GC", "portmap", { ...network, "cni.dev/valid-attachments": [] });
    t.match(call(lab, "CHECK", kept).error, { msg: /not published/ });
    succeed(lab, "CHECK", foreign);
    t.end();
  });

  t.test(`${backend}: STATUS says that ports can be published`, (t) => {
    const lab = createLab(t);
    lab.succeed("STATUS", "portmap", {
      cniVersion: "1.1.0",
      name: "web",
      type: "portmap",
      backend,
    });
    t.equal(ruleset(lab), "");
    t.end();
  });
}

t.test("keys may be written as containerd writes them", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const portMappings = [
    { HostPort: 8080, ContainerPort: 80, Protocol: "tcp", HostIP: "" },
    { hostport: 8081, CONTAINERPORT: 81, protocol: "UDP" },
  ];
  const container = lab.container("a");
  const config = { RuntimeConfig: { PortMappings: portMappings }, Backend: "nftables" };
  succeed(lab, "ADD", { container, config });
  t.match(ruleset(lab), 'tcp . 8080 comment "web/container-a/eth0" : 10.88.0.2 . 80');
  t.match(ruleset(lab), 'udp . 8081 comment "web/container-a/eth0" : 10.88.0.2 . 81');
  t.end();
});

t.test("a range of ports is published port by port", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const portMappings = [{ hostPort: 8000, containerPort: 80, protocol: "tcp", range: 300 }];
  const published = { container: lab.container("a"), config: { runtimeConfig: { portMappings } } };
  const before = lab.snapshot();
  succeed(lab, "ADD", published);
  t.match(ruleset(lab), 'tcp . 8299 comment "web/container-a/eth0" : 10.88.0.2 . 379');
  succeed(lab, "CHECK", published);
  succeed(lab, "DEL", published);
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("guards of links that are gone do not pile up", (t) => {
  const lab = createLab(t);
  const guards = () =>
    /set route_localnet \{[^}]*elements = \{ (.*?) \}/s.exec(ruleset(lab))?.[1] ?? "";
  for (let number = 2; number < 14; number++) {
    // As on a point-to-point network, where each container has a link of its own.
    const container = lab.container(`c${number}`);
    lab.host.shell(`
      ip link add veth${number} type veth peer name eth0 netns ${container.name}
      ip link set veth${number} up
      ip route add 10.88.0.${number}/32 dev veth${number}
    `);
    const published = { container, number, ports: [`${8000 + number}:80`] };
    succeed(lab, "ADD", published);
    t.match(guards(), `"veth${number}"`);
    if (number === 2) continue; // it lives on
    succeed(lab, "DEL", published);
    lab.host.shell(`ip link delete veth${number}`);
  }
  t.ok(guards().split(",").length <= 3, guards());
  t.match(guards(), '"veth2"');
  t.end();
});
