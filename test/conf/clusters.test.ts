import { readdirSync } from "node:fs";
import t from "tap";
import { createLab, type Lab, patchbay, reference } from "../support/lab.ts";
import { run } from "../support/namespace.ts";
import { required } from "../support/required.ts";
import { ask, serve } from "../support/traffic.ts";
import { addressesOf, readExample } from "./example.ts";

/** Attaches a server whose port 80 is published as 8080, and a neighbour. */
function attachServer(lab: Lab, name: string) {
  const chain = lab.chain(readExample(name));
  const [server, neighbour] = [lab.container("server"), lab.container("neighbour")];
  const portMappings = [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }];
  const results = [chain.add(server, { capabilities: { portMappings } }), chain.add(neighbour)];
  const [servers, neighbours] = results.map(addressesOf);
  const endpoints = required(servers).map((address) => ({ ...web, address }));
  return { chain, server, neighbour, addresses: required(neighbours), endpoints };
}

const web = { protocol: "tcp", port: 80 } as const;

t.test("there is no mistake in any example", async (t) => {
  const files = readdirSync("conf").filter((name) => name.endsWith(".conflist"));
  const path = `${patchbay}:${reference}`;
  const { exitCode, stdout, stderr } = run([
    ...[`${patchbay}/patchbay`, "lint", "--cni-path", path],
    ...files.map((file) => `conf/${file}`),
  ]);
  t.equal(exitCode, 0, stderr);
  t.match(stdout, `no problems in ${files.length} files`);
});

for (const name of ["single-node", "kubernetes", "dmz"]) {
  t.test(`${name}: the world reaches what is published, and is reached`, async (t) => {
    const lab = createLab(t);
    const outside = lab.outside();
    const { chain, server, neighbour, endpoints } = attachServer(lab, name);
    await serve(t, server, ...endpoints);
    for (const address of [outside.hostIpv4, outside.hostIpv6]) {
      const published = { protocol: "tcp", address, port: 8080 } as const;
      t.ok(ask(outside.namespace, published), `${address} answers outside`);
    }
    for (const address of [outside.ipv4, outside.ipv6]) t.ok(server.reaches(address), address);
    for (const container of [server, neighbour]) chain.check(container);
    for (const container of [server, neighbour]) chain.del(container);
  });
}

for (const name of ["single-node", "kubernetes"]) {
  t.test(`${name}: containers reach each other, also at published ports`, async (t) => {
    const lab = createLab(t);
    const { hostIpv4, hostIpv6 } = lab.outside();
    const { server, neighbour, addresses, endpoints } = attachServer(lab, name);
    await serve(t, server, ...endpoints);
    for (const address of addresses) t.ok(server.reaches(address), address);
    for (const address of [hostIpv4, hostIpv6]) {
      t.ok(ask(neighbour, { protocol: "tcp", address, port: 8080 }), address);
    }
  });
}

t.test("dmz: servers do not reach each other", async (t) => {
  const lab = createLab(t);
  const { server, addresses } = attachServer(lab, "dmz");
  for (const address of addresses) t.notOk(server.reaches(address, 1), address);
});
