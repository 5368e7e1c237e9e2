import t from "tap";
import { createLab } from "../../support/lab.ts";
import type { Namespace } from "../../support/namespace.ts";
import type { Json } from "../../support/outcome.ts";

const versions = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

const configOf = (cniVersion: string): Json => ({ cniVersion, name: "lo-net", type: "loopback" });

function isUp(container: Namespace): boolean {
  const [lo] = container.ip("link", "show", "lo");
  const flags: unknown = lo?.["flags"];
  return Array.isArray(flags) && flags.includes("UP");
}

function setDown(container: Namespace): void {
  container.exec("ip", "link", "set", "lo", "down");
}

/** What ADD returns for a fresh namespace. */
function resultOf(cniVersion: string, sandbox: string): Json {
  const mac = "00:00:00:00:00:00";
  const interfaces = [{ name: "lo", mac, sandbox }];
  const [v4, v6] = [{ address: "127.0.0.1/8" }, { address: "::1/128" }];
  if (cniVersion < "0.3.0") {
    return { cniVersion, ip4: { ip: v4.address }, ip6: { ip: v6.address }, dns: {} };
  }
  if (cniVersion < "1.0.0") {
    const ips = [
      { version: "4", interface: 0, ...v4 },
      { version: "6", interface: 0, ...v6 },
    ];
    return { cniVersion, interfaces, ips, dns: {} };
  }
  const ips = [
    { ...v4, interface: 0 },
    { ...v6, interface: 0 },
  ];
  return { cniVersion, interfaces, ips };
}

for (const cniVersion of versions) {
  t.test(`${cniVersion}: ADD sets lo up and says so, DEL sets it down`, async (t) => {
    const lab = createLab(t);
    const a = lab.container("a");
    setDown(a);
    const before = lab.snapshot();

    const result = lab.succeed("ADD", "loopback", configOf(cniVersion), { container: a });
    t.same(result, resultOf(cniVersion, a.path));
    t.ok(isUp(a));
    t.ok(a.reaches("127.0.0.1"));
    t.ok(a.reaches("::1"));

    const deleted = lab.cni("DEL", "loopback", configOf(cniVersion), { container: a });
    t.match(deleted, { exitCode: 0, stdout: "", stderr: "" });
    t.equal(lab.snapshot(), before);
  });

  t.test(`${cniVersion}: a chain's result passes through`, async (t) => {
    const lab = createLab(t);
    const a = lab.container("a");
    const prevResult =
      cniVersion < "0.3.0"
        ? { cniVersion, ip4: { ip: "10.1.2.3/24" }, dns: { domain: "local" } }
        : {
            cniVersion,
            interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: a.path }],
            ips: [
              {
                ...(cniVersion < "1.0.0" && { version: "4" }),
                interface: 0,
                address: "10.1.2.3/24",
              },
            ],
            dns: { domain: "local" },
          };
    const config = { ...configOf(cniVersion), prevResult };
    t.same(lab.succeed("ADD", "loopback", config, { container: a }), prevResult);
  });
}

t.test("CNI_IFNAME and CNI_ARGS say nothing to it, and it may be called twice", async (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  setDown(a);
  const call = { container: a, ifName: "eth0", args: "none" };
  const first = lab.succeed("ADD", "loopback", configOf("1.0.0"), call);
  t.same(lab.succeed("ADD", "loopback", configOf("1.0.0"), call), first);
  lab.succeed("DEL", "loopback", configOf("1.0.0"), call);
  lab.succeed("DEL", "loopback", configOf("1.0.0"), call);
  t.notOk(isUp(a));
});

t.test("CHECK succeeds while lo is up, and says when it is down", async (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  setDown(a);
  const config = configOf("0.4.0");
  lab.succeed("ADD", "loopback", config, { container: a });
  t.match(lab.cni("CHECK", "loopback", config, { container: a }), { exitCode: 0, stdout: "" });
  setDown(a);
  t.match(lab.cni("CHECK", "loopback", config, { container: a }), {
    exitCode: 1,
    error: { code: 999, msg: "loopback interface is down" },
  });
});

t.test("GC and STATUS have nothing to do, and succeed", async (t) => {
  const lab = createLab(t);
  for (const verb of ["GC", "STATUS"] as const) {
    t.match(lab.cni(verb, "loopback", configOf("1.1.0")), { exitCode: 0, stdout: "", stderr: "" });
  }
});

t.test("an address that is not loopback's is an error, and lo is down again", async (t) => {
  const lab = createLab(t);
  for (const address of ["10.1.2.3/32", "2001:db8::1/128"]) {
    const a = lab.container(address.includes(":") ? "v6" : "v4");
    setDown(a);
    a.exec("ip", "address", "add", address, "dev", "lo");
    const outcome = lab.cni("ADD", "loopback", configOf("1.0.0"), { container: a });
    const text = address.split("/")[0];
    const msg = `loopback interface found with non-loopback address "${text}"`;
    t.match(outcome.error, { code: 999, msg });
    t.notOk(isUp(a));
  }
});

t.test("a lo that was up before stays up when ADD fails", async (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  a.exec("ip", "address", "add", "10.1.2.3/32", "dev", "lo");
  t.equal(lab.cni("ADD", "loopback", configOf("1.0.0"), { container: a }).exitCode, 1);
  t.ok(isUp(a));
});

t.test("DEL succeeds when the namespace is not given, gone, or no namespace", async (t) => {
  const lab = createLab(t);
  for (const netns of [
    "",
    "/run/netns/nobody",
    "/etc/passwd",
    "/etc/passwd/ns",
    "/proc/2147483647/ns/net",
  ]) {
    const outcome = lab.cni("DEL", "loopback", configOf("1.0.0"), { netns });
    t.match(outcome, { exitCode: 0, stdout: "", stderr: "" }, netns);
  }
});

t.test("the host's own lo is never touched", async (t) => {
  const lab = createLab(t);
  for (const netns of [lab.host.path, "/proc/self/ns/net"]) {
    for (const verb of ["ADD", "DEL"] as const) {
      const outcome = lab.cni(verb, "loopback", configOf("1.0.0"), { netns });
      t.match(outcome.error, {
        code: 8,
        msg: "plugin's netns and netns from CNI_NETNS should not be the same",
      });
    }
  }
  t.ok(isUp(lab.host));
});

t.test("a result that nobody can read leaves lo down", async (t) => {
  const lab = createLab(t);
  const a = lab.container("a");
  setDown(a);
  const cni = `CNI_COMMAND=ADD CNI_CONTAINERID=a CNI_NETNS=${a.path} CNI_IFNAME=eth0 CNI_PATH=/x`;
  const input = JSON.stringify(configOf("1.0.0"));
  const fullDisk = "exec 3> /dev/full";
  const deadReader = "exec 3> >(true); wait $!";
  for (const stdout of [fullDisk, deadReader]) {
    const script = `${stdout}; ${cni} dist/bin/loopback >&3 <<< '${input}'; echo $? >&2`;
    const { stderr } = lab.runOnHost(["bash", "-c", script]);
    t.match(stderr, /^write "stdout": (no space left on device|broken pipe)\n1\n$/);
    t.notOk(isUp(a));
  }
});
