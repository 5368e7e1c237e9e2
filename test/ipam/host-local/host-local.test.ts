import { mkdirSync, writeFileSync } from "node:fs";
import t from "tap";
import { IpamLab, setsOf } from "../../support/ipam.ts";
import { runOk } from "../../support/namespace.ts";
import type { Json } from "../../support/outcome.ts";

const versions = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

const routes = [
  { dst: "0.0.0.0/0" },
  { dst: "::/0" },
  { dst: "192.168.0.0/16", gw: "10.1.2.99" },
  { dst: "2001:db8:2::/64", gw: "2001:db8:1::99" },
];

const twoFamilies = {
  ranges: [[{ subnet: "10.1.2.0/24" }, { subnet: "10.2.2.0/24" }], [{ subnet: "2001:db8:1::/64" }]],
  routes,
};

function resultOf(cniVersion: string): Json {
  const dns = { nameservers: ["192.0.2.3"] };
  const [v4, v6] = [
    { address: "10.1.2.2/24", gateway: "10.1.2.1" },
    { address: "2001:db8:1::2/64", gateway: "2001:db8:1::1" },
  ];
  if (cniVersion < "0.3.0") {
    return {
      cniVersion,
      ip4: { ip: v4.address, gateway: v4.gateway, routes: [routes[0], routes[2]] },
      ip6: { ip: v6.address, gateway: v6.gateway, routes: [routes[1], routes[3]] },
      dns,
    };
  }
  const ips =
    cniVersion < "1.0.0"
      ? [
          { version: "4", ...v4 },
          { version: "6", ...v6 },
        ]
      : [v4, v6];
  return { cniVersion, ips, routes, dns };
}

for (const cniVersion of versions) {
  t.test(
    `${cniVersion}: a container gets an address of each range set, and gives it back`,
    async (t) => {
      const lab = IpamLab.create(t, twoFamilies);
      writeFileSync(`${lab.dataDir}/resolv.conf`, "nameserver 192.0.2.3\n");
      const call = { cniVersion, ipam: { resolvConf: `${lab.dataDir}/resolv.conf` } };
      const outcome = lab.call("ADD", call);
      t.same(outcome.result, resultOf(cniVersion));
      t.equal(outcome.stderr, "");
      const [last0, last1] = ["10.1.2.2", "2001:db8:1::2"];
      t.same(lab.files(), {
        "10.1.2.2": "container\r\neth0",
        "2001:db8:1::2": "container\r\neth0",
        "last_reserved_ip.0": last0,
        "last_reserved_ip.1": last1,
      });
      if (cniVersion >= "0.4.0") {
        lab.succeed("CHECK", { ...call, config: { prevResult: outcome.result } });
      }
      t.equal(lab.call("DEL", call).stdout, "");
      t.same(lab.files(), { "last_reserved_ip.0": last0, "last_reserved_ip.1": last1 });
    },
  );
}

t.test("networks and interfaces of one container are apart from each other", async (t) => {
  const lab = IpamLab.create(t);
  lab.add("a", { network: "net0", ifName: "eth0" });
  lab.add("a", { network: "net1", ifName: "eth1" });
  t.same(lab.add("a", { network: "net0", ifName: "eth1" }), ["10.1.2.3"]);
  lab.del("a", { network: "net0", ifName: "eth0" });
  t.same(lab.reservations("net0"), { "10.1.2.3": "a\r\neth1" });
  t.same(lab.reservations("net1"), { "10.1.2.2": "a\r\neth1" });
});

t.test("an interface gets one address of a range set, until it is detached", async (t) => {
  const lab = IpamLab.create(t);
  lab.add("a");
  t.match(
    lab.fail("ADD", { containerId: "a" }),
    /^999 failed to allocate for range 0: 10.1.2.2 has been allocated to a, duplicate allocation is not allowed: held by container "a" \(interface "eth0"\) for \d+ s; DEL releases it$/,
  );
  t.same(lab.add("b"), ["10.1.2.3"]);
  lab.del("a");
  t.same(lab.add("a"), ["10.1.2.4"]);
});

t.test("DEL of what is gone, or never was, is fine and makes nothing", async (t) => {
  const lab = IpamLab.create(t);
  lab.del("nobody");
  t.throws(() => lab.files(), /ENOENT/);
  lab.add("a");
  lab.del("nobody");
  lab.del("a", { ifName: "eth7" });
  t.same(lab.reservations(), { "10.1.2.2": "a\r\neth0" });
  lab.del("a");
  lab.del("a");
  t.same(lab.reservations(), {});
});

t.test("DEL releases with a configuration that got broken since", async (t) => {
  const lab = IpamLab.create(t);
  for (const [index, ipam] of [{ ranges: [] }, { ranges: "x" }, setsOf("10.9.9.0/33")].entries()) {
    lab.add(`c${index}`);
    lab.del(`c${index}`, { ipam, args: "nonsense" });
    t.same(lab.reservations(), {});
  }
});

t.test("reservations of old, which name no interface, are found by the container", async (t) => {
  const lab = IpamLab.create(t);
  lab.add("other");
  writeFileSync(lab.path("10.1.2.9"), "old");
  writeFileSync(lab.path("10.1.2.10"), "old\n");
  lab.succeed("CHECK", { containerId: "old" });
  t.match(lab.fail("ADD", { containerId: "old" }), /10.1.2.(9|10) has been allocated to old, dup/);
  lab.add("old", { ifName: "eth1", ipam: setsOf("10.7.0.0/24") });
  lab.del("old", { ifName: "eth1" });
  t.match(lab.reservations(), { "10.1.2.9": "old", "10.1.2.10": "old\n" });
  lab.del("old", { ifName: "eth3" });
  t.same(lab.reservations(), { "10.1.2.2": "other\r\neth0" });
});

t.test("a requested address is reserved, whichever way it is asked for", async (t) => {
  const lab = IpamLab.create(t, setsOf("10.1.2.0/24"));
  t.same(lab.add("a", { config: { args: { cni: { ips: ["10.1.2.88"] } } } }), ["10.1.2.88"]);
  t.same(lab.add("b", { args: "IgnoreUnknown=1;K8S_POD_NAME=b;IP=10.1.2.77" }), ["10.1.2.77"]);
  t.same(lab.add("c", { config: { runtimeConfig: { ips: ["10.1.2.66/16"] } } }), ["10.1.2.66"]);
  t.equal(lab.files()["last_reserved_ip.0"], "10.1.2.66");
  t.same(lab.add("d"), ["10.1.2.67"]);
});

t.test("each range set takes a requested address of its own", async (t) => {
  const lab = IpamLab.create(t, setsOf("10.1.2.0/24", "10.1.3.0/24", "2001:db8::/64"));
  const ips = ["2001:db8::999", "10.1.3.111"];
  t.same(lab.add("a", { config: { args: { cni: { ips } } } }), [
    "10.1.2.2",
    "10.1.3.111",
    "2001:db8::999",
  ]);
});

t.test("an address that cannot be had is named, with who holds it", async (t) => {
  const lab = IpamLab.create(t);
  lab.add("owner", { args: "IP=10.1.2.5" });
  const before = lab.files();
  const cases: [string, RegExp][] = [
    [
      "10.1.2.5",
      /^11 failed to allocate for range 0: requested IP address 10.1.2.5 is not available in range set 10.1.2.1-10.1.2.254: held by container "owner" \(interface "eth0"\) for \d+ s$/,
    ],
    ["10.1.2.1", /^7 failed to allocate for range 0: requested ip 10.1.2.1 is subnet's gateway$/],
    [
      "10.1.3.5",
      /^7 failed to allocate all requested IPs: 10.1.3.5: .* there is 10.1.2.1-10.1.2.254$/,
    ],
  ];
  for (const [ip, expected] of cases) {
    t.match(lab.fail("ADD", { containerId: "late", args: `IP=${ip}` }), expected);
    t.same(lab.files(), before, "nothing has changed");
  }
});

t.test("a failing ADD releases what it took, and no more", async (t) => {
  const lab = IpamLab.create(t, setsOf("10.1.2.0/24", "10.1.3.0/24"));
  lab.add("a", { ifName: "eth0", ipam: setsOf("10.5.0.0/24") });
  lab.add("b", { args: "IP=10.1.3.9" });
  const before = lab.files();
  const taken = { containerId: "a", args: "IP=10.1.3.9" };
  t.match(
    lab.fail("ADD", taken),
    /^11 failed to allocate for range 1: requested IP address 10.1.3.9/,
  );
  t.same(lab.files(), before);
});

t.test("addresses go round and round: what was released is the last to come again", async (t) => {
  const lab = IpamLab.create(t, setsOf("10.1.2.0/29"));
  for (let host = 2; host <= 6; host++) t.same(lab.add(`c${host}`), [`10.1.2.${host}`]);
  lab.del("c3");
  lab.del("c6");
  t.same(lab.add("d"), ["10.1.2.3"]);
  t.same(lab.add("e"), ["10.1.2.6"]);
  lab.del("e");
  t.same(lab.add("f"), ["10.1.2.6"], "the only one there is");
});

t.test("a full range says so, with who is next in turn and since when", async (t) => {
  const lab = IpamLab.create(t, {
    ranges: [[{ subnet: "10.1.2.0/30" }, { subnet: "10.1.3.0/30" }]],
  });
  lab.add("a");
  lab.add("b");
  const before = lab.files();
  t.match(
    lab.fail("ADD", { containerId: "c" }),
    /^11 failed to allocate for range 0: no IP addresses available in range set: 10.1.2.1-10.1.2.2,10.1.3.1-10.1.3.2: the next in turn, 10.1.2.2, is held by container "a" \(interface "eth0"\) for \d+ s$/,
  );
  t.same(lab.files(), before);
});

t.test("STATUS is well while every range set has an address left", async (t) => {
  const lab = IpamLab.create(t, setsOf("10.1.2.0/24", "10.1.3.0/30"));
  const status = { cniVersion: "1.1.0" };
  lab.succeed("STATUS", status);
  t.throws(() => lab.files(), /ENOENT/, "it makes nothing");
  lab.add("a");
  t.match(
    lab.fail("STATUS", status),
    /^50 no IP addresses available in range set: 10.1.3.1-10.1.3.2: the next in turn, 10.1.3.2, is held by container "a"/,
  );
  lab.del("a");
  lab.succeed("STATUS", status);
});

t.test("CHECK misses an address that the attachment no longer holds", async (t) => {
  const lab = IpamLab.create(t, twoFamilies);
  const prevResult = lab.succeed("ADD");
  const check = { config: { prevResult } };
  lab.succeed("CHECK", check);
  lab.succeed("CHECK");
  t.equal(
    lab.fail("CHECK", { ...check, containerId: "other" }),
    "999 host-local: Failed to find address added by container other",
  );
  lab.add("other", { args: "IP=10.1.2.9" });
  const ofOther = { ips: [{ address: "10.1.2.9/24" }] };
  t.match(
    lab.fail("CHECK", { config: { prevResult: { cniVersion: "1.0.0", ...ofOther } } }),
    /^999 host-local: Failed to find address 10.1.2.9 added by container container: it is held by container "other"/,
  );
  const elsewhere = { cniVersion: "1.0.0", ips: [{ address: "192.0.2.9/24" }] };
  lab.succeed("CHECK", { config: { prevResult: elsewhere } });
});

t.test("GC releases what no valid attachment holds, and nothing else", async (t) => {
  const lab = IpamLab.create(t);
  lab.add("a");
  lab.add("a", { ifName: "eth1" });
  lab.add("b");
  lab.add("c", { network: "other" });
  writeFileSync(lab.path("10.1.2.20"), "a");
  writeFileSync(lab.path("10.1.2.21"), "gone");
  writeFileSync(lab.path("10.1.2.22"), "");
  writeFileSync(lab.path("10.1.2.23"), "a\r\neth1\r\nof a version to come");
  writeFileSync(lab.path("notes"), "gone");
  const gc = (attachments: Json | undefined) =>
    lab.succeed("GC", {
      cniVersion: "1.1.0",
      config: attachments === undefined ? {} : { "cni.dev/valid-attachments": attachments },
    });
  gc([{ containerID: "a", ifname: "eth1" }]);
  t.same(lab.files(), {
    "10.1.2.3": "a\r\neth1",
    "10.1.2.20": "a",
    "10.1.2.23": "a\r\neth1\r\nof a version to come",
    "last_reserved_ip.0": "10.1.2.4",
    notes: "gone",
  });
  gc(undefined);
  t.same(lab.files(), { "last_reserved_ip.0": "10.1.2.4", notes: "gone" });
  t.same(lab.reservations("other"), { "10.1.2.2": "c\r\neth0" });
  t.same(lab.add("d"), ["10.1.2.5"]);
});

t.test("a resolv.conf that cannot be read fails ADD before anything is reserved", async (t) => {
  const lab = IpamLab.create(t);
  t.match(
    lab.fail("ADD", { ipam: { resolvConf: `${lab.dataDir}/missing` } }),
    /^5 .*missing": no such file or directory$/,
  );
  t.throws(() => lab.files(), /ENOENT/);
  mkdirSync(`${lab.dataDir}/folder`);
  writeFileSync(`${lab.dataDir}/long`, "#".repeat(2 ** 20 + 1));
  runOk(["mkfifo", `${lab.dataDir}/pipe`]);
  const own = ["folder", "long", "pipe"].map((name) => `${lab.dataDir}/${name}`);
  for (const resolvConf of [...own, "/dev/zero"]) {
    const problem = lab.fail("ADD", { ipam: { resolvConf } });
    t.match(problem, /^5 ".*" must be a regular file of at most 1048576 bytes$/);
  }
  t.throws(() => lab.files(), /ENOENT/);
});

t.test("a gateway outside of its subnet is taken, with a warning", async (t) => {
  const lab = IpamLab.create(t, { subnet: "10.1.2.0/24", gateway: "10.9.9.9" });
  const { result, stderr } = lab.call("ADD");
  t.same(result?.["ips"], [{ address: "10.1.2.1/24", gateway: "10.9.9.9" }]);
  t.match(stderr, /^warning: gateway 10.9.9.9 is not in network 10.1.2.0\/24/);
});
