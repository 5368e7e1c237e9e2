import t from "tap";
import { lacks } from "../../support/kernel-features.ts";
import { createLab, type Lab } from "../../support/lab.ts";
import type { Json } from "../../support/outcome.ts";
import { bridgeConfig, gatewayConfig } from "./networks.ts";

const skip = lacks("bridge VLAN filtering");

/** @returns the VLANs of a port as `bridge vlan` tells them: "100 PVID Egress Untagged" */
function vlansOf(lab: Lab, port: string): string[] {
  const shown: Json[] = JSON.parse(lab.host.exec("bridge", "-j", "vlan", "show", "dev", port));
  return (shown[0]?.["vlans"] ?? []).map((vlan: Json) =>
    [vlan["vlan"], ...(vlan["flags"] ?? [])].join(" "),
  );
}

function filters(lab: Lab): boolean {
  const [bridge] = lab.host.ip("link", "show", "bridge0") as Json[];
  return bridge?.["linkinfo"].info_data.vlan_filtering === 1;
}

const untagged = (id: number) => `${id} PVID Egress Untagged`;

const ports: readonly [what: string, config: Json, vlans: string[]][] = [
  ["a VLAN", { vlan: 100 }, [untagged(100)]],
  [
    "a VLAN and VLAN 1",
    { vlan: 100, preserveDefaultVlan: true },
    ["1 Egress Untagged", untagged(100)],
  ],
  [
    "a trunk",
    { vlanTrunk: [{ id: 101 }, { minID: 200, maxID: 202 }] },
    [untagged(1), "101", "200", "201", "202"],
  ],
  [
    "a trunk with a VLAN of its own",
    { vlan: 100, vlanTrunk: [{ id: 101 }] },
    [untagged(100), "101"],
  ],
  ["an empty trunk", { vlanTrunk: [] }, [untagged(1)]],
];

for (const [what, rest, expected] of ports) {
  t.test(`a port has ${what}`, { skip }, (t) => {
    const lab = createLab(t);
    const a = lab.container("a");
    const config = bridgeConfig("1.1.0", rest);
    const { interfaces } = lab.succeed("ADD", "bridge", config, { container: a });
    t.ok(filters(lab));
    t.same(vlansOf(lab, interfaces[1].name), expected);
    lab.succeed("DEL", "bridge", config, { container: a });
    t.end();
  });
}

t.test("without VLANs the bridge does not filter them", { skip }, (t) => {
  const lab = createLab(t);
  lab.succeed("ADD", "bridge", bridgeConfig("1.1.0"), { container: lab.container("a") });
  t.notOk(filters(lab));
  t.end();
});

// One of each shape of result: the VM is slow, and VLANs are the same in all versions.
for (const cniVersion of ["0.2.0", "0.4.0", "1.1.0"]) {
  t.test(`${cniVersion}: a VLAN has a gateway interface of its own`, { skip }, (t) => {
    const lab = createLab(t);
    const [a, b] = [lab.container("a"), lab.container("b")];
    const subnets = ["10.1.2.0/24", "2001:db8::/64"];
    const config = gatewayConfig(cniVersion, subnets, { vlan: 100 });
    const result = lab.succeed("ADD", "bridge", config, { container: a });
    lab.succeed("ADD", "bridge", config, { container: b });
    if (!/^0\.[12]\./.test(cniVersion)) {
      t.match(result["interfaces"], [
        { name: "bridge0" },
        {},
        { name: "eth0" },
        { name: "bridge0.100" },
      ]);
    }
    const [gateway] = lab.host.ip("address", "show", "bridge0.100") as Json[];
    t.match(gateway, { linkinfo: { info_kind: "veth" } });
    t.same(vlansOf(lab, String(gateway?.["link"])), [untagged(100)]);
    for (const address of ["10.1.2.1", "2001:db8::1", "10.1.2.3", "2001:db8::3"]) {
      t.ok(a.reaches(address), `${address} answers`);
    }
    lab.succeed("DEL", "bridge", config, { container: a });
    t.ok(b.reaches("10.1.2.1"), "the gateway stays for the others");
    t.end();
  });
}

t.test("containers of different VLANs do not reach each other", { skip }, (t) => {
  const lab = createLab(t);
  const [a, b] = [lab.container("a"), lab.container("b")];
  const network = (vlan: number) =>
    gatewayConfig("1.1.0", ["10.1.2.0/24"], { vlan, isGateway: false, isDefaultGateway: false });
  lab.succeed("ADD", "bridge", network(100), { container: a });
  lab.succeed("ADD", "bridge", network(200), { container: b });
  t.notOk(a.reaches("10.1.2.3", 1));
  t.end();
});

t.test(
  "a bridge that does not filter yet begins to, unless a foreign port could go dead",
  { skip },
  (t) => {
    const lab = createLab(t);
    const a = lab.container("a");
    lab.host.exec("ip", "link", "add", "bridge0", "type", "bridge");
    lab.host.exec("ip", "link", "add", "uplink0", "master", "bridge0", "type", "ifb");
    const config = bridgeConfig("1.1.0", { vlan: 100 });
    const before = lab.snapshot();
    const { error } = lab.cni("ADD", "bridge", config, { container: a });
    t.match(error, { code: 7, msg: /does not filter VLANs.*"uplink0"/ });
    t.equal(lab.snapshot(), before);
    lab.host.exec("ip", "link", "set", "uplink0", "nomaster");
    lab.succeed("ADD", "bridge", config, { container: a });
    t.ok(filters(lab));
    t.end();
  },
);

t.test("a kernel that cannot filter VLANs says so", { skip: skip === false && "it can" }, (t) => {
  const lab = createLab(t);
  const before = lab.snapshot();
  const { error } = lab.cni("ADD", "bridge", bridgeConfig("1.1.0", { vlan: 100 }), {
    container: lab.container("a"),
  });
  t.match(error, { code: 2, msg: /cannot filter VLANs \(CONFIG_BRIDGE_VLAN_FILTERING\)/ });
  t.equal(lab.snapshot().includes("bridge0"), before.includes("bridge0"));
  t.end();
});
