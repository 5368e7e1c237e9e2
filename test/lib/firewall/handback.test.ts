import { readdirSync } from "node:fs";
import t, { type Test } from "tap";
import { publish, publishingNetwork } from "../../plugins/portmap/networks.ts";
import type { Conflist } from "../../support/chain.ts";
import { createLab, type Lab, patchbay, reference } from "../../support/lab.ts";
import type { Json } from "../../support/outcome.ts";
import { ask, serve } from "../../support/traffic.ts";

/** A node goes back to the Go suite while containers run that ours has connected. */

t.setTimeout(170_000);

/** As both suites understand it: neither is told which backend to use. */
const network: Conflist = publishingNetwork({}, { ipMasq: true, hairpinMode: true });

interface Node {
  readonly lab: Lab;
  /** Where the runtime finds plugins. */
  readonly plugins: string;
  /** `patchbay install` with these options. @returns what it says */
  install(...options: string[]): Json;
}

/** A node with the Go suite, on which ours has been installed. */
function startNode(t: Test): Node {
  const lab = createLab(t);
  const plugins = t.testdir();
  const names = ["bridge", "host-local", "loopback", "portmap"];
  lab.host.shell(names.map((name) => `cp ${reference}/${name} ${plugins}`).join("\n"));
  const run = (...args: string[]): Json => {
    const argv = [`${patchbay}/patchbay`, ...args, plugins, "--json"];
    const { exitCode, stdout, stderr } = lab.runOnHost(argv);
    if (exitCode !== 0) throw new Error(stdout + stderr);
    return JSON.parse(stdout);
  };
  run("install");
  return { lab, plugins, install: (...options) => run("install", ...options) };
}

/** @returns where the host's rules and files still name one of these containers */
function tracesOf(lab: Lab, ...names: string[]): string[] {
  const own = new RegExp(`(${names.join("|")})\\b`);
  const rules = lab.host.shell("iptables-save; ip6tables-save");
  return `${lab.snapshot()}\n${rules}`.split("\n").filter((line) => own.test(line));
}

t.test("the Go suite removes what keeps a container from using another's MAC address", (t) => {
  const { lab, plugins, install } = startNode(t);
  const container = lab.container("a");
  const config = { cniVersion: "1.0.0", name: "web", type: "bridge", macspoofchk: true };
  const rules = () => lab.host.exec("nft", "list", "ruleset");
  lab.succeed("ADD", "bridge", config, { container, cniPath: plugins });
  t.same(install("--rollback")["rules"], { made: 1, kept: [] });
  t.same(readdirSync(lab.runDir), [], "no record is left");
  t.match(rules(), "macspoofchk-container-a-eth0", "until the container goes");
  lab.succeed("DEL", "bridge", config, { container, cniPath: plugins });
  t.notMatch(rules(), "container-a");
  t.end();
});

t.test("the Go suite removes what ours has made, and ports answer until then", async (t) => {
  const { lab, plugins, install } = startNode(t);
  const { namespace: outside, hostIpv4, hostIpv6, ipv4 } = lab.outside();
  const chain = lab.chain(network, { cniPath: plugins });
  const [a, b] = [lab.container("a"), lab.container("b")];
  chain.add(a, publish("8080:80", "127.0.0.1:8081:80", "5353:53/udp"));
  chain.add(b, publish("8082:80"));
  for (const address of ["0.0.0.0", "::"])
    await serve(t, a, { protocol: "tcp", address, port: 80 });

  const isWell = () => {
    const places = [
      [outside, hostIpv4, 8080],
      [outside, hostIpv6, 8080],
      [b, hostIpv4, 8080],
      [lab.host, "127.0.0.1", 8080],
      [lab.host, "127.0.0.1", 8081],
    ] as const;
    for (const [from, address, port] of places) {
      t.ok(ask(from, { protocol: "tcp", address, port }), `port ${port} of ${address}`);
    }
    t.ok(a.reaches(ipv4) && b.reaches(ipv4), "both reach the world");
  };
  isWell();
  const { rules } = install("--rollback");
  t.same(rules, { made: 2, kept: [] });
  t.same(readdirSync(lab.runDir), [], "no record is left");
  t.notMatch(lab.host.exec("nft", "list", "tables"), "patchbay");
  isWell();

  chain.del(a);
  t.same(tracesOf(lab, "container-a", "10.88.0.2", "fd00:88::2"), []);
  chain.del(b);
  t.same(tracesOf(lab, "container-b", "10.88.0.3", "fd00:88::3"), []);
});

t.test("ours takes them over again", (t) => {
  const { lab, plugins, install } = startNode(t);
  const chain = lab.chain(network, { cniPath: plugins });
  const [a, b] = [lab.container("a"), lab.container("b")];
  chain.add(a, publish("8080:80"));
  install("--rollback");
  install();
  chain.add(b, publish("8082:80"));
  chain.check(b);
  chain.del(a);
  t.same(tracesOf(lab, "container-a", "10.88.0.2", "fd00:88::2"), []);
  chain.del(b);
  t.same(tracesOf(lab, "container-b", "10.88.0.3", "fd00:88::3"), []);
  t.same(readdirSync(lab.runDir), []);
  t.end();
});

t.test("an operator is told whose rules only ours can remove", (t) => {
  const { lab, plugins } = startNode(t);
  const conditions = { conditionsV4: ["iifname", "eth0"], conditionsV6: ["iifname", "eth0"] };
  const chain = lab.chain(publishingNetwork(conditions), { cniPath: plugins });
  const a = lab.container("a");
  chain.add(a, publish("8080:80"));
  const { stdout } = lab.runOnHost([`${patchbay}/patchbay`, "uninstall", plugins]);
  t.match(stdout, "rules: those of 0 attachments are as the Go suite makes them\n");
  t.match(
    stdout,
    '  not those of container "container-a" (interface "eth0", network "web"): ' +
      "iptables does not know the conditions of nftables\n",
  );
  t.match(lab.host.exec("nft", "list", "ruleset"), "8080");
  t.end();
});

t.test("a node without containers, or without the Go suite, has nothing to give back", (t) => {
  const { install } = startNode(t);
  t.notOk(install("--rollback")["rules"]);

  const lab = createLab(t);
  const plugins = t.testdir();
  const tool = (...args: string[]) => lab.runOnHost([`${patchbay}/patchbay`, ...args, plugins]);
  tool("install");
  const chain = lab.chain(network, { cniPath: plugins });
  chain.add(lab.container("a"), publish("8080:80"));
  const before = lab.snapshot();
  t.notMatch(tool("uninstall").stdout, "rules");
  t.equal(lab.snapshot(), before);
  t.end();
});
