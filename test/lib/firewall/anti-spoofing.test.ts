import t from "tap";
import { createLab, type Lab, reference } from "../../support/lab.ts";
import type { Namespace } from "../../support/namespace.ts";
import type { Json } from "../../support/outcome.ts";

t.setTimeout(170_000);

const config: Json = {
  cniVersion: "1.1.0",
  name: "web",
  type: "bridge",
  bridge: "cni0",
  isGateway: true,
  macspoofchk: true,
  ipam: { type: "host-local", ranges: [[{ subnet: "10.88.0.0/24" }]] },
};

function bridgeRules(lab: Lab): string {
  return lab.host.exec("nft", "list", "ruleset");
}

/** Pretends to be somebody else, where nobody on the host can see it. */
function changeMac(container: Namespace, mac: string): void {
  container.shell(`
    ip link set eth0 down
    ip link set eth0 address ${mac}
    ip link set eth0 up
    ip route replace default via 10.88.0.1
  `);
}

t.test("a bridge takes frames from the container's own MAC address only", (t) => {
  const lab = createLab(t);
  const [a, b] = [lab.container("a"), lab.container("b")];
  lab.succeed("ADD", "bridge", config, { container: a });
  lab.succeed("ADD", "bridge", config, { container: b });
  t.ok(a.reaches("10.88.0.1"));
  t.ok(a.reaches("10.88.0.3"));
  changeMac(a, "02:00:00:00:00:66");
  t.notOk(a.reaches("10.88.0.1", 1), "the host does not hear it");
  t.notOk(a.reaches("10.88.0.3", 1), "nor does the neighbour");
  t.ok(b.reaches("10.88.0.1"), "whom it does not disturb");
  t.end();
});

t.test("its rules have the names of the reference, and go with the container", (t) => {
  const lab = createLab(t);
  const [a, b] = [lab.container("a"), lab.container("b")];
  lab.succeed("ADD", "bridge", { ...config, macspoofchk: false }, { container: b });
  const before = bridgeRules(lab);
  const result = lab.succeed("ADD", "bridge", config, { container: a });
  const rules = bridgeRules(lab);
  t.match(rules, /table bridge nat/);
  t.match(rules, /chain cni-br-iface-container-a-eth0 \{/);
  t.match(rules, /chain cni-br-iface-container-a-eth0-mac \{/);
  t.equal(rules.match(/comment "macspoofchk-container-a-eth0"/g)?.length, 4);
  lab.succeed("CHECK", "bridge", { ...config, prevResult: result }, { container: a });
  lab.succeed("DEL", "bridge", config, { container: a, netns: "" });
  t.equal(bridgeRules(lab), before, "with everything else gone");
  lab.succeed("DEL", "bridge", config, { container: a });
  t.end();
});

t.test("CHECK misses them, GC removes them, and others in the table stay", (t) => {
  const lab = createLab(t);
  const [a, b] = [lab.container("a"), lab.container("b")];
  lab.host.shell(`nft '
    add table bridge nat
    add chain bridge nat mine
    add rule bridge nat mine ether saddr 02:00:00:00:00:01 drop'
  `);
  const call = { ...config, "cni.dev/valid-attachments": [] };
  const result = lab.succeed("ADD", "bridge", config, { container: a });
  const foreign = { ...config, name: "admin", bridge: "cni1" };
  lab.succeed("ADD", "bridge", foreign, { container: b });
  lab.host.shell("nft flush chain bridge nat cni-br-iface-container-a-eth0");
  const checked = { ...config, prevResult: result };
  t.match(lab.cni("CHECK", "bridge", checked, { container: a }).error, { msg: /MAC address/ });
  lab.succeed("GC", "bridge", call);
  t.notMatch(bridgeRules(lab), "container-a");
  t.match(bridgeRules(lab), "container-b");
  lab.succeed("DEL", "bridge", foreign, { container: b });
  t.match(bridgeRules(lab), "chain mine");
  t.notMatch(bridgeRules(lab), "container-");
  t.end();
});

t.test("either suite removes what the other has made", (t) => {
  const lab = createLab(t);
  const container = lab.container("a");
  const call = { ...config, cniVersion: "1.0.0" };
  lab.succeed("ADD", "bridge", call, { container, cniPath: reference });
  const theirs = bridgeRules(lab);
  lab.succeed("DEL", "bridge", call, { container, netns: "" });
  t.notMatch(bridgeRules(lab), "container-a");

  container.exec("ip", "link", "delete", "eth0");
  lab.succeed("ADD", "bridge", call, { container });
  const unnamed = (text: string) =>
    text.replaceAll(/"veth\w+"|ether saddr \S+|\tcomment ".*"\n\t/g, "");
  t.equal(unnamed(bridgeRules(lab)), unnamed(theirs), "both make the same rules");
  lab.succeed("DEL", "bridge", call, { container, cniPath: reference });
  t.notMatch(bridgeRules(lab), "container-a");
  t.end();
});
