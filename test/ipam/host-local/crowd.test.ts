import t from "tap";
import { IpamLab } from "../../support/ipam.ts";
import { patchbay, reference } from "../../support/lab.ts";
import { PluginFailure } from "../../support/outcome.ts";

const crowd = Array.from({ length: 64 }, (_, index) => `c${index}`);

/** As many addresses as there are containers in the crowd. */
const exactlyEnough = {
  ranges: [[{ subnet: "10.1.2.0/24", rangeStart: "10.1.2.100", rangeEnd: "10.1.2.163" }]],
};

/** @returns the address that ADD granted; who waits too long for the lock fails */
async function add(lab: IpamLab, containerId: string, suite = patchbay): Promise<string> {
  const outcome = await lab.start("ADD", { containerId, suite });
  if (outcome.exitCode !== 0) throw new PluginFailure("ADD", containerId, outcome);
  return outcome.result?.["ips"]?.[0]?.address;
}

async function del(lab: IpamLab, containerId: string, suite = patchbay): Promise<void> {
  const outcome = await lab.start("DEL", { containerId, suite });
  if (outcome.exitCode !== 0) throw new PluginFailure("DEL", containerId, outcome);
}

t.test("64 at once, from nothing, get the 64 addresses there are, each its own", async (t) => {
  const lab = IpamLab.create(t, exactlyEnough);
  const granted = await Promise.all(crowd.map((id) => add(lab, id)));
  t.equal(new Set(granted).size, crowd.length);
  t.equal(Object.keys(lab.reservations()).length, crowd.length);
  t.match(lab.fail("ADD", { containerId: "late" }), /^11 .*no IP addresses available/);
  await Promise.all(crowd.map((id) => del(lab, id)));
  t.same(lab.reservations(), {});
});

t.test("who comes and goes in a crowd always finds an address", async (t) => {
  const lab = IpamLab.create(t, exactlyEnough);
  const comeAndGo = async (id: string) => {
    for (let round = 0; round < 3; round++) {
      await add(lab, id);
      await del(lab, id);
    }
  };
  await Promise.all(crowd.map(comeAndGo));
  t.same(lab.reservations(), {});
});

t.test("one container ID that races with itself gets one address", async (t) => {
  const lab = IpamLab.create(t);
  const outcomes = await Promise.all(
    crowd.slice(0, 16).map(() => lab.start("ADD", { containerId: "same" })),
  );
  t.equal(outcomes.filter(({ exitCode }) => exitCode === 0).length, 1);
  for (const { error } of outcomes.filter(({ exitCode }) => exitCode !== 0)) {
    t.match(error?.msg, /has been allocated to same, duplicate allocation is not allowed/);
  }
  t.same(lab.reservations(), { "10.1.2.2": "same\r\neth0" });
});

t.test("both suites at once on one directory give no address out twice", async (t) => {
  const lab = IpamLab.create(t, exactlyEnough);
  const suiteOf = (id: string) => (Number(id.slice(1)) % 2 === 0 ? patchbay : reference);
  const other = (suite: string) => (suite === patchbay ? reference : patchbay);
  const granted = await Promise.all(crowd.map((id) => add(lab, id, suiteOf(id))));
  t.equal(new Set(granted).size, crowd.length);
  await Promise.all(crowd.map((id) => del(lab, id, other(suiteOf(id)))));
  t.same(lab.reservations(), {});
});

t.test("GC among them takes nothing from who is valid", async (t) => {
  const lab = IpamLab.create(t, exactlyEnough);
  const valid = crowd.map((containerID) => ({ containerID, ifname: "eth0" }));
  const call = { cniVersion: "1.1.0", config: { "cni.dev/valid-attachments": valid } };
  const collect = async () => {
    for (let round = 0; round < 5; round++) {
      const outcome = await lab.start("GC", call);
      if (outcome.exitCode !== 0) throw new PluginFailure("GC", "host-local", outcome);
    }
  };
  await Promise.all([...crowd.map((id) => add(lab, id)), collect()]);
  t.equal(Object.keys(lab.reservations()).length, crowd.length);
});
