import t from "tap";
import type { JsonObject } from "../../../lib/cni/json.ts";
import type { ConfigInput, Verb } from "../../../lib/cni/plugin.ts";
import { parseBridgeConfig } from "../../../plugins/bridge/config.ts";
import { parseTrunk, planPortVlans } from "../../../plugins/bridge/vlans.ts";

function parse(document: JsonObject, { args = "", verb = "ADD" as Verb } = {}) {
  const input: ConfigInput = { verb, document, network: "n", cniVersion: "1.1.0", args };
  return parseBridgeConfig(input);
}

t.test("an empty configuration means the reference's defaults", (t) => {
  t.same(parse({}), {
    bridge: "cni0",
    isGateway: false,
    isDefaultGateway: false,
    forceAddress: false,
    masquerades: false,
    masqueradeBackend: undefined,
    refusesForeignMac: false,
    mtu: undefined,
    hairpin: false,
    isPromiscuous: false,
    vlans: undefined,
    detectDuplicates: false,
    leaveContainerDown: false,
    isolated: false,
    mac: undefined,
    hasIpam: false,
    dns: undefined,
  });
  t.end();
});

t.test("isDefaultGateway makes the host a gateway too", (t) => {
  t.match(parse({ isDefaultGateway: true }), { isGateway: true, isDefaultGateway: true });
  t.end();
});

t.test("a VLAN and a trunk are put together, distinct and in order", (t) => {
  t.equal(parse({ vlan: 0 }).vlans, undefined);
  t.same(parse({ vlan: 100 }).vlans, { pvid: 100, tagged: [], keepsDefault: false });
  t.same(parse({ vlanTrunk: [] }).vlans, { pvid: undefined, tagged: [], keepsDefault: false });
  const trunk = [{ minID: 200, maxID: 202 }, { id: 101 }, { id: 201, minID: 5, maxID: 5 }];
  t.same(parse({ vlan: 7, vlanTrunk: trunk, preserveDefaultVlan: true }).vlans, {
    pvid: 7,
    tagged: [5, 101, 200, 201, 202],
    keepsDefault: true,
  });
  t.equal(parseTrunk([{ minID: 1, maxID: 4094 }]).length, 4094);
  t.end();
});

t.test("untagged frames of a trunk are in VLAN 1, or in the port's own", (t) => {
  const tagged = (id: number) => ({ id, isPvid: false, isUntagged: false });
  t.same(planPortVlans({ pvid: undefined, tagged: [101] }), [
    { id: 1, isPvid: true, isUntagged: true },
    tagged(101),
  ]);
  t.same(planPortVlans({ pvid: 101, tagged: [101, 102] }), [
    { id: 101, isPvid: true, isUntagged: true },
    tagged(102),
  ]);
  t.end();
});

t.test("the MAC address is taken from runtimeConfig, then args, then CNI_ARGS", (t) => {
  const hex = (mac: Uint8Array | undefined) => Buffer.from(mac ?? []).toString("hex");
  const args = "IgnoreUnknown=1;MAC=c2:11:22:33:44:55;K8S_POD_NAME=p";
  const fromArgs = { args: { cni: { mac: "c2-11-22-33-44-66" } } };
  t.equal(hex(parse({}, { args }).mac), "c21122334455");
  t.equal(hex(parse(fromArgs, { args }).mac), "c21122334466");
  const both = { ...fromArgs, RuntimeConfig: { mac: "c211.2233.4477" } };
  t.equal(hex(parse(both, { args }).mac), "c21122334477");
  t.end();
});

t.test("dns counts as given when one of its keys is there, even an empty list", (t) => {
  t.equal(parse({ dns: {} }).dns, undefined);
  t.same(parse({ dns: { nameservers: [] } }).dns, { nameservers: [] });
  t.end();
});

const tooLong = "a-name-far-too-long";
const refusals: [why: string, document: JsonObject, code: number, msg: RegExp | string][] = [
  ["VLAN below 0", { vlan: -100 }, 7, "invalid VLAN ID -100 (must be between 0 and 4094)"],
  ["VLAN above 4094", { vlan: 5000 }, 7, "invalid VLAN ID 5000 (must be between 0 and 4094)"],
  ["VLAN 1.5", { vlan: 1.5 }, 7, /"vlan".*1\.5/],
  ["MTU as text", { mtu: "1500" }, 7, /"mtu" must be a .*number, not "1500"/],
  ["negative MTU", { mtu: -1 }, 7, /invalid MTU -1/],
  ["minID 0", { vlanTrunk: [{ minID: 0, maxID: 5 }] }, 7, /^incorrect trunk minID parameter/],
  ["minID 4095", { vlanTrunk: [{ minID: 4095, maxID: 5 }] }, 7, /^incorrect trunk minID parameter/],
  ["maxID 0", { vlanTrunk: [{ minID: 1, maxID: 0 }] }, 7, /^incorrect trunk maxID parameter/],
  ["maxID 4095", { vlanTrunk: [{ minID: 1, maxID: 4095 }] }, 7, /^incorrect trunk maxID parameter/],
  [
    "min > max",
    { vlanTrunk: [{ minID: 9, maxID: 5 }] },
    7,
    /^minID is greater than maxID in trunk/,
  ],
  [
    "no minID",
    { vlanTrunk: [{ maxID: 5 }] },
    7,
    "minID and maxID should be configured simultaneously, minID is missing",
  ],
  [
    "no maxID",
    { vlanTrunk: [{ minID: 5 }] },
    7,
    "minID and maxID should be configured simultaneously, maxID is missing",
  ],
  ["id 0", { vlanTrunk: [{ id: 0 }] }, 7, /^incorrect trunk id parameter/],
  ["id 4095", { vlanTrunk: [{ id: 4095 }] }, 7, /^incorrect trunk id parameter/],
  [
    "hairpin and promiscuous mode",
    { hairpinMode: true, promiscMode: true },
    7,
    /^cannot set hairpin mode and promiscuous mode at the same time/,
  ],
  [
    "IPAM for an interface that stays down",
    { disableContainerInterface: true, ipam: { type: "host-local" } },
    7,
    /^cannot use IPAM when DisableContainerInterface flag is set/,
  ],
  ["a bridge name too long", { bridge: tooLong }, 7, /invalid bridge name "a-name-far-too-long"/],
  ["a bridge name with a slash", { bridge: "../x" }, 7, /invalid bridge name "\.\.\/x"/],
  ["an empty bridge name", { bridge: "" }, 7, /invalid bridge name ""/],
  [
    "a bridge name too long for its VLAN interface",
    { bridge: "a-bridge-name", vlan: 100 },
    7,
    /invalid bridge name "a-bridge-name\.100"/,
  ],
  [
    "no MAC address",
    { runtimeConfig: { mac: "xx" } },
    7,
    /invalid MAC address "xx" in runtimeConfig/,
  ],
  [
    "a group's MAC address",
    { args: { cni: { mac: "01:00:5e:00:00:01" } } },
    7,
    /invalid MAC address "01:00:5e:00:00:01" in args\.cni\.mac/,
  ],
];

for (const [why, document, code, msg] of refusals) {
  t.test(`${why} is refused, saying what would be right`, (t) => {
    t.throws(() => parse(document), { code, msg });
    t.end();
  });
}

t.test("what is wrong in CNI_ARGS is an error about the environment", (t) => {
  t.throws(() => parse({}, { args: "MAC=xx" }), { code: 4, msg: /MAC of CNI_ARGS/ });
  t.throws(() => parse({}, { args: "WHAT=ever" }), { code: 4, msg: /unknown args/ });
  t.end();
});

t.test("DEL and GC work with a configuration that got broken since", (t) => {
  for (const verb of ["DEL", "GC"] as const) {
    t.match(parse({ vlan: 5000, mtu: "x" }, { verb, args: "MAC=xx" }), { bridge: "cni0" });
  }
  t.end();
});
