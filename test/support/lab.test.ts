import { existsSync, readdirSync } from "node:fs";
import t from "tap";
import { createLab, reference } from "./lab.ts";
import type { Namespace } from "./namespace.ts";

const conflist = {
  cniVersion: "1.0.0",
  name: "lab-net",
  plugins: [
    {
      type: "bridge",
      bridge: "cni0",
      isGateway: true,
      ipMasq: true,
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: "10.123.0.0/24" }], [{ subnet: "fd12:3456::/64" }]],
        routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
      },
    },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

t.test("a lab's namespaces and files are gone after the test", async (t) => {
  const made: { namespaces: Namespace[]; stateDir?: string } = { namespaces: [] };
  await t.test("inner", async (t) => {
    const lab = createLab(t);
    made.stateDir = lab.stateDir;
    made.namespaces = [lab.host, lab.container("a"), lab.outside().namespace];
    for (const { path } of made.namespaces) t.ok(existsSync(path));
  });
  for (const { path } of made.namespaces) t.notOk(existsSync(path), path);
  t.notOk(existsSync(made.stateDir ?? ""));
});

t.test("the machine elsewhere and the host reach each other in both families", async (t) => {
  const lab = createLab(t);
  const outside = lab.outside();
  t.ok(lab.host.reaches(outside.ipv4));
  t.ok(lab.host.reaches(outside.ipv6));
  t.ok(outside.namespace.reaches(outside.hostIpv4));
});

t.test("a chain plays the runtime, and a snapshot tells whether anything is left", async (t) => {
  const lab = createLab(t, { cniPath: reference });
  const a = lab.container("a");
  const chain = lab.chain(conflist);
  const capabilities = { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] };
  // The bridge and the reference's base chains stay after the first DEL.
  chain.add(a, { capabilities });
  chain.del(a);
  const before = lab.snapshot();

  const result = chain.add(a, { capabilities });
  t.match(result, { ips: [{ address: "10.123.0.3/24" }, { address: "fd12:3456::3/64" }] });
  t.same(chain.resultOf(a), result);
  t.ok(a.reaches("10.123.0.1"));
  t.ok(a.reaches("fd12:3456::1"));
  const during = lab.snapshot();
  for (const trace of ["veth", "10.123.0.3", "fd12:3456::3", "8080", "container-a"]) {
    t.match(during, trace);
  }
  t.ok(readdirSync(`${lab.dataDir}/lab-net`).includes("10.123.0.3"));

  chain.del(a);
  t.equal(lab.snapshot(), before);
});

t.test("a chain checks and deletes with what ADD returned", async (t) => {
  const lab = createLab(t, { cniPath: reference });
  const a = lab.container("a");
  const chain = lab.chain({ ...conflist, plugins: conflist.plugins.slice(0, 1) });
  chain.add(a);
  chain.check(a);
  a.exec("ip", "route", "delete", "default");
  t.throws(() => chain.check(a), { message: /CHECK bridge exited with 1: .*0\.0\.0\.0/s });
  chain.del(a, { netns: "" });
  t.equal(chain.resultOf(a), undefined);
});

t.test("a plugin's failure is told with its code and message", async (t) => {
  const lab = createLab(t, { cniPath: reference });
  const config = { cniVersion: "9.9.9", name: "net", type: "bridge" };
  const { exitCode, error } = lab.cni("ADD", "bridge", config, { container: lab.container("a") });
  t.equal(exitCode, 1);
  t.match(error, { code: 1, msg: "incompatible CNI versions" });
  t.throws(() => lab.succeed("ADD", "bridge", config), { name: "PluginFailure" });
});
