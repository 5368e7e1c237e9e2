import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import t from "tap";
import { afterReboot, withBootId, withUptime } from "../../support/boot.ts";
import { IpamLab, setsOf } from "../../support/ipam.ts";
import { createLab, reference } from "../../support/lab.ts";

/** Five addresses, all of them taken. */
const small = setsOf("10.231.7.0/29");
const fillers = ["a", "b", "c", "d", "e"];

/** Has the reference reserve all addresses, well before a boot that comes now. */
function fillByReference(lab: IpamLab): void {
  for (const id of fillers) lab.add(id, { suite: reference });
  const minuteAgo = Date.now() / 1000 - 60;
  for (const name of readdirSync(lab.path(""))) utimesSync(lab.path(name), minuteAgo, minuteAgo);
}

t.test("after a reboot, a full range gives its addresses out again", async (t) => {
  const lab = IpamLab.create(t, small);
  for (const id of fillers) lab.add(id);
  t.match(lab.fail("ADD", { containerId: "f" }), /no IP addresses available/);
  const prefix = afterReboot(lab.dataDir);
  t.same(lab.add("f", { prefix }), ["10.231.7.2"]);
  t.same(lab.reservations(), { "10.231.7.2": "f\r\neth0" });
});

t.test(
  "while there is room, what an earlier boot left stays, but for who asks again",
  async (t) => {
    const lab = IpamLab.create(t, small);
    for (const id of ["a", "b"]) lab.add(id);
    const prefix = afterReboot(lab.dataDir);
    t.same(lab.add("c", { prefix }), ["10.231.7.4"]);
    t.same(Object.keys(lab.reservations()).length, 3);
    t.same(lab.add("a", { prefix }), ["10.231.7.5"], "started again under the same ID");
    t.same(lab.add("z", { prefix, args: "IP=10.231.7.3" }), ["10.231.7.3"]);
    t.match(lab.fail("ADD", { prefix, containerId: "a" }), /10.231.7.5 has been allocated to a/);
  },
);

t.test("STATUS counts what an earlier boot left as free, and leaves it be", async (t) => {
  const lab = IpamLab.create(t, small);
  for (const id of fillers) lab.add(id);
  const before = lab.files();
  const call = { cniVersion: "1.1.0" };
  t.match(lab.fail("STATUS", call), /^50 no IP addresses available/);
  lab.succeed("STATUS", { ...call, prefix: afterReboot(lab.dataDir) });
  t.same(lab.files(), before);
});

t.test("of our own, the boot's identifier alone decides: the clock may be wrong", async (t) => {
  const lab = IpamLab.create(t, small);
  for (const id of fillers) lab.add(id);
  for (const name of readdirSync(lab.path(""))) utimesSync(lab.path(name), 1000, 1000);
  t.match(lab.fail("ADD", { containerId: "f" }), /no IP addresses available/, "files look old");
  const sameBoot = withUptime(0.5);
  t.match(
    lab.fail("ADD", { containerId: "f", prefix: sameBoot }),
    /no IP addresses/,
    "clock was set",
  );
  const future = Date.now() / 1000 + 86_400;
  for (const name of readdirSync(lab.path(""))) utimesSync(lab.path(name), future, future);
  const otherBoot = withBootId(lab.dataDir, "f6a5b2a8-7c0e-4b7e-9d55-0d3a3a5d6c11");
  t.same(lab.add("f", { prefix: otherBoot }), ["10.231.7.2"], "files look young");
});

t.test(
  "of the reference's, what is older than the boot and in no use is given out again",
  async (t) => {
    const lab = IpamLab.create(t, small);
    fillByReference(lab);
    t.match(lab.fail("ADD", { containerId: "f" }), /no IP addresses available/, "of this boot");
    t.same(lab.add("f", { prefix: afterReboot(lab.dataDir) }), ["10.231.7.2"]);
  },
);

t.test(
  "an address that an interface has somewhere is never given out again by the clock",
  async (t) => {
    const lab = IpamLab.create(t, {
      ranges: [
        [{ subnet: "10.231.7.0/29" }],
        [{ subnet: "2001:db8:231::/64", rangeEnd: "2001:db8:231::6" }],
      ],
    });
    const { host, container } = createLab(t);
    host.shell("ip address add 10.231.7.2/32 dev lo");
    container("a").shell("ip address add 2001:db8:231::4/128 dev lo nodad");
    fillByReference(lab);
    const prefix = afterReboot(lab.dataDir);
    t.same(lab.add("f", { prefix }), ["10.231.7.3", "2001:db8:231::2"]);
    t.same(lab.add("g", { prefix }), ["10.231.7.4", "2001:db8:231::3"]);
    t.same(lab.add("h", { prefix }), ["10.231.7.5", "2001:db8:231::5"]);
    t.same(lab.reservations()["10.231.7.2"], "a\r\neth0");
    t.same(lab.reservations()["2001:db8:231::4"], "c\r\neth0");
  },
);

t.test(
  "what a power cut leaves empty, half-written or full of zeros is given out again",
  async (t) => {
    const lab = IpamLab.create(t, small);
    lab.add("a");
    const garbage = ["", "\0\0\0\0\0\0\0", " \r\n", "a\0\0\0\r\neth0"];
    for (const [index, content] of garbage.entries()) {
      writeFileSync(lab.path(`10.231.7.${index + 3}`), content);
    }
    t.same(lab.add("b"), ["10.231.7.3"]);
    t.same(lab.reservations(), { "10.231.7.2": "a\r\neth0", "10.231.7.3": "b\r\neth0" });
  },
);

t.test("GC keeps a valid attachment's address whatever the boot, and drops garbage", async (t) => {
  const lab = IpamLab.create(t, small);
  lab.add("a");
  lab.add("b");
  writeFileSync(lab.path("10.231.7.4"), "");
  lab.succeed("GC", {
    cniVersion: "1.1.0",
    prefix: afterReboot(lab.dataDir),
    config: { "cni.dev/valid-attachments": [{ containerID: "a", ifname: "eth0" }] },
  });
  t.same(lab.reservations(), { "10.231.7.2": "a\r\neth0" });
});
