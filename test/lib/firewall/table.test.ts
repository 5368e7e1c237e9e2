import { readFileSync } from "node:fs";
import t from "tap";
import { makeBridge, ruleset, succeed } from "../../plugins/portmap/host.ts";
import { createLab } from "../../support/lab.ts";

const readme = "lib/firewall/README.md";

/** A node as the documentation describes it. */
function makeNode(lab: ReturnType<typeof createLab>): void {
  makeBridge(lab);
  const [web, dns] = [lab.container("web"), lab.container("dns")];
  succeed(lab, "ADD", {
    container: web,
    containerId: "3f2a",
    ports: ["8080:80", "192.0.2.1:443:8443"],
  });
  succeed(lab, "ADD", {
    container: dns,
    containerId: "77c0",
    network: "infra",
    number: 3,
    ports: ["53:53/udp"],
    config: { conditionsV4: ["iifname", "eth0"], masqAll: true },
  });
  lab.succeed(
    "ADD",
    "bridge",
    {
      cniVersion: "1.1.0",
      name: "web",
      type: "bridge",
      bridge: "cni1",
      isGateway: true,
      ipMasq: true,
      ipam: { type: "host-local", subnet: "10.89.0.0/16" },
    },
    { container: web, containerId: "3f2a", ifName: "net1" },
  );
}

t.test("the documentation shows the table as nft shows it on a node", (t) => {
  const lab = createLab(t);
  makeNode(lab);
  const [, documented = ""] = /```nft\n(.*?)```/s.exec(readFileSync(readme, "utf8")) ?? [];
  t.equal(documented, inOrder(ruleset(lab)));
  t.end();
});

/** The kernel keeps elements by hash: sorts them, where nft shows several. */
function inOrder(text: string): string {
  return text.replaceAll(/elements = \{ ([^{}]*) \}/g, (_, list: string) => {
    const elements = list.split(/,\s+/).sort();
    return `elements = { ${elements.join(",\n\t\t\t     ")} }`;
  });
}

t.test("nft makes the same expressions of the table's text as we did", (t) => {
  const lab = createLab(t);
  makeNode(lab);
  const elsewhere = lab.container("elsewhere");
  elsewhere.tryExec(["nft", "-f", "-"], { stdin: ruleset(lab) });
  const dump = ["nft", "--debug=netlink", "list", "ruleset"];
  const [ours, theirs] = [lab.host, elsewhere].map((where) => sorted(where.exec(...dump)));
  t.ok((ours?.length ?? 0) > 200, "there is something to compare");
  t.same(ours, theirs);
  t.end();
});

/** Handles differ, and the order of elements, which the kernel keeps by hash. */
function sorted(dump: string): string[] {
  return dump
    .replaceAll(/^inet patchbay (\S+) [\d ]+$/gm, "inet patchbay $1")
    .split("\n")
    .sort();
}

t.test("our chains come after those of others at the usual places", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  succeed(lab, "ADD", { container: lab.container("a"), ports: ["8080:80"] });
  const chains = [...ruleset(lab).matchAll(/chain (\w+) \{\s+type (.*?);/g)];
  t.same(
    chains.map(([, name, hook]) => `${name}: ${hook}`),
    [
      "loopback_guard: filter hook prerouting priority raw",
      "prerouting: nat hook prerouting priority dstnat + 10",
      "output: nat hook output priority -90",
      "postrouting: nat hook postrouting priority srcnat + 10",
    ],
  );
  t.end();
});
