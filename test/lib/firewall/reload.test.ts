import { readdirSync } from "node:fs";
import t from "tap";
import { call, makeBridge, ruleset, succeed } from "../../plugins/portmap/host.ts";
import { createLab, type Lab, patchbay } from "../../support/lab.ts";
import type { Json } from "../../support/outcome.ts";

t.setTimeout(170_000);

/** @returns what `patchbay reload` says it did */
function reload(lab: Lab): Json {
  const { stdout, stderr, exitCode } = lab.runOnHost([`${patchbay}/patchbay`, "reload", "--json"]);
  if (exitCode !== 0) throw new Error(stdout + stderr);
  return JSON.parse(stdout);
}

/** Order differs from one table to the next: the kernel keeps elements by hash. */
function sorted(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/,$/, "").trim())
    .sort();
}

t.test("after a flush, one call makes the rules of all containers anew", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [a, b, c] = [lab.container("a"), lab.container("b"), lab.container("c")];
  const conditions = { conditionsV4: ["ip", "saddr", "192.0.2.0/24"] };
  const all = [
    { container: a, ports: ["8080:80", "192.0.2.1:53:53/udp"] },
    { container: b, network: "admin", number: 3, ports: ["8081:80"], config: conditions },
    { container: c, number: 4, ports: ["8082:80"], config: { backend: "iptables" } },
  ];
  for (const each of all) succeed(lab, "ADD", each);
  const before = {
    nft: sorted(ruleset(lab)),
    iptables: lab.host.exec("iptables-save", "-t", "nat"),
  };
  for (const flush of ["nft flush ruleset", "nft delete table inet patchbay", "true"]) {
    lab.host.shell(flush);
    t.same(reload(lab), { made: 3, refused: [] });
    t.same(sorted(ruleset(lab)).join("\n"), before.nft.join("\n"), flush);
    for (const each of all) succeed(lab, "CHECK", each);
  }
  lab.host.shell("iptables -t nat -F; ip6tables -t nat -F");
  reload(lab);
  for (const each of all) succeed(lab, "CHECK", each);
  for (const each of all) succeed(lab, "DEL", each);
  t.notMatch(ruleset(lab), /patchbay|CNI-/);
  t.equal(lab.host.exec("cat", "/proc/sys/net/ipv4/conf/cni0/route_localnet").trim(), "0");
  t.end();
});

t.test("what is gone is not brought back", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [dead, gone, alive] = ["dead", "gone", "alive"].map((role) => lab.container(role));
  if (!dead || !gone || !alive) throw new Error("No container");
  succeed(lab, "ADD", { container: dead, ports: ["8080:80"] });
  succeed(lab, "ADD", { container: gone, number: 3, ports: ["8081:80"] });
  succeed(lab, "ADD", { container: alive, number: 4, ports: ["8082:80"] });
  succeed(lab, "DEL", { container: gone });
  lab.host.shell("nft flush ruleset");
  dead.delete();
  reload(lab);
  t.match(ruleset(lab), "web/container-alive/eth0");
  t.notMatch(ruleset(lab), /container-(dead|gone)/);
  t.end();
});

for (const backend of ["nftables", "iptables"] as const) {
  t.test(`${backend}: records of who is gone go, since the other suite did the DEL`, (t) => {
    const lab = createLab(t);
    makeBridge(lab);
    const config = { backend };
    const gone = { container: lab.container("gone"), ports: ["8080:80"], config };
    const alive = { container: lab.container("alive"), number: 3, ports: ["8081:80"], config };
    succeed(lab, "ADD", gone);
    lab.host.shell("nft flush ruleset");
    gone.container.delete();
    const records = () => readdirSync(lab.runDir, { recursive: true }).filter(isRecord);
    succeed(lab, "ADD", alive);
    t.equal(records().length, 2);
    reload(lab);
    t.equal(records().length, 1);
    succeed(lab, "DEL", alive);
    t.same(readdirSync(lab.runDir), []);
    t.notMatch(ruleset(lab), "patchbay");
    t.end();
  });
}

function isRecord(path: unknown): boolean {
  return String(path).endsWith(".json");
}

t.test("a record is kept while nobody can see where its namespace would be", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  succeed(lab, "ADD", { container: lab.container("a"), ports: ["8080:80"] });
  const before = sorted(ruleset(lab));
  lab.host.shell("nft flush ruleset");
  const blindly = `
    mount --bind /run/patchbay /mnt && mount -t tmpfs none /run
    mkdir /run/patchbay && mount --bind /mnt /run/patchbay && exec "$0" reload`;
  const { stdout } = lab.runOnHost(["sh", "-c", blindly, `${patchbay}/patchbay`]);
  t.equal(stdout, "reloaded: the rules of 0 attachments\n");
  reload(lab);
  t.same(sorted(ruleset(lab)), before);
  t.end();
});

t.test("the masquerade of a container that is gone is not brought back", (t) => {
  const lab = createLab(t);
  const container = lab.container("a");
  const config = {
    cniVersion: "1.1.0",
    name: "web",
    type: "bridge",
    isGateway: true,
    ipMasq: true,
    ipam: { type: "host-local", subnet: "10.88.0.0/24" },
  };
  lab.succeed("ADD", "bridge", config, { container });
  lab.host.shell("nft flush ruleset");
  container.delete();
  t.same(reload(lab), { made: 0, refused: [] });
  t.equal(ruleset(lab), "");
  t.end();
});

t.test("nobody who is there is taken away because their namespace cannot be seen", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const a = lab.container("a");
  succeed(lab, "ADD", { container: a, ports: ["8080:80"] });
  const before = ruleset(lab);
  a.delete();
  reload(lab);
  t.equal(ruleset(lab), before);
  t.end();
});

t.test("an ADD that finds the table gone brings back what it had", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [a, b, c] = [lab.container("a"), lab.container("b"), lab.container("c")];
  const first = { container: a, ports: ["8080:80"] };
  succeed(lab, "ADD", first);
  lab.host.shell("nft flush ruleset");
  const second = { container: b, number: 3, ports: ["8080:80"] };
  t.match(call(lab, "ADD", second).error, { code: 11, msg: /8080\/tcp is taken: .*container-a/ });
  succeed(lab, "ADD", { container: c, number: 4, ports: ["8081:80"] });
  succeed(lab, "CHECK", first);
  t.end();
});

t.test("without anything on record there is nothing to do", (t) => {
  const lab = createLab(t);
  const before = lab.snapshot();
  t.same(reload(lab), { made: 0, refused: [] });
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("what nobody has on record stays as it is", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [a, b] = [lab.container("a"), lab.container("b")];
  const unknown = { container: a, ports: ["8080:80"] };
  const lost = { container: b, number: 3, ports: ["8081:80"] };
  succeed(lab, "ADD", unknown);
  lab.runOnHost(["sh", "-c", "rm -r /run/patchbay/*"]);
  succeed(lab, "ADD", lost);
  lab.host.shell("nft delete element inet patchbay ports_of_any_ip '{ tcp . 8081 }'");
  t.same(reload(lab), { made: 1, refused: [] });
  succeed(lab, "CHECK", unknown);
  succeed(lab, "CHECK", lost);
  t.end();
});

t.test("people are told in words", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  succeed(lab, "ADD", { container: lab.container("a"), ports: ["8080:80"] });
  const { stdout } = lab.runOnHost([`${patchbay}/patchbay`, "reload"]);
  t.equal(stdout, "reloaded: the rules of 1 attachment\n");
  t.end();
});
