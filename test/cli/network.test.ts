import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import t, { type Test } from "tap";
import { patchbay, reference } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";
import { createTool, namesOf, type Tool } from "./tool.ts";

const chain = {
  cniVersion: "1.1.0",
  name: "net",
  plugins: [
    { type: "first", capabilities: { mac: true } },
    { type: "second", capabilities: { portMappings: true } },
  ],
};

/** A network of two plugins that do as they are told. */
function createChain(t: Test, list: object = chain): Tool {
  const tool = createTool(t);
  tool.write("net.conflist", list);
  tool.fake("first", { cniVersion: "1.1.0", ips: [{ address: "10.0.0.2/24" }] });
  tool.fake("second", { cniVersion: "1.1.0", ips: [{ address: "10.0.0.3/24" }] });
  return tool;
}

t.test("a namespace is attached, checked and detached, and nothing is left", async (t) => {
  const tool = createTool(t);
  const { lab } = tool;
  const a = lab.container("a");
  tool.write("podnet.conflist", {
    cniVersion: "1.1.0",
    name: "podnet",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipam: { type: "host-local", ranges: [[{ subnet: "10.123.0.0/24" }]] },
      },
    ],
  });
  const env = { CNI_PATH: patchbay };
  const run = (...args: string[]) => {
    const { exitCode, stdout, stderr } = tool.run(args, { env });
    t.same({ exitCode, stderr }, { exitCode: 0, stderr: "" }, args.join(" "));
    return stdout;
  };
  // The bridge stays; what belongs to the attachment must not.
  run("add", "podnet", a.name);
  run("del", "podnet", a.name);
  const before = withoutFiles(lab.snapshot());
  const result = JSON.parse(run("add", "podnet", a.name));
  t.match(result, { cniVersion: "1.1.0", ips: [{ gateway: "10.123.0.1" }] });
  t.ok(a.reaches("10.123.0.1"));
  t.equal(run("check", "podnet", a.name), `good: eth0 of ${a.name} on podnet is as ADD left it\n`);
  t.equal(run("status", "podnet"), "ready: podnet\n");
  t.equal(run("del", "podnet", a.name), `detached: eth0 of ${a.name} from podnet\n`);
  t.equal(withoutFiles(lab.snapshot()), before);
  t.same(readdirSync(`${lab.stateDir}/results`), [], "nothing is remembered");
  t.notOk(readdirSync(`${lab.dataDir}/podnet`).some((name) => /^10\./.test(name)));
});

/** What IPAM keeps of a network without containers is its own affair. */
function withoutFiles(snapshot: string): string {
  return snapshot.slice(0, snapshot.indexOf("## files"));
}

t.test("plugins are called in turn, each with the result of the one before", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  const stdout = tool.succeed("add", "net", a.name, "--cni-args", "IgnoreUnknown=1;A=b");
  t.same(JSON.parse(stdout), { cniVersion: "1.1.0", ips: [{ address: "10.0.0.3/24" }] });
  const calls = tool.takeCalls();
  t.same(namesOf(calls), ["ADD first", "ADD second"]);
  t.match(calls[0], {
    netns: `/var/run/netns/${a.name}`,
    ifName: "eth0",
    args: "IgnoreUnknown=1;A=b",
  });
  t.match(calls[0]?.containerId, /^cnitool-[0-9a-f]{20}$/);
  t.notOk("prevResult" in (calls[0]?.stdin ?? {}));
  t.match(calls[1]?.stdin, {
    type: "second",
    name: "net",
    cniVersion: "1.1.0",
    prevResult: { ips: [{ address: "10.0.0.2/24" }] },
  });

  tool.succeed("check", "net", a.name);
  tool.succeed("del", "net", a.name);
  const later = tool.takeCalls();
  t.same(namesOf(later), ["CHECK first", "CHECK second", "DEL second", "DEL first"]);
  for (const { stdin } of later) {
    t.match(stdin["prevResult"], { ips: [{ address: "10.0.0.3/24" }] }, "the final result");
  }
});

t.test("a namespace may be that of a process", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  const [program = "", ...args] = a.command("sleep", "60");
  const child = spawn(program, args, { stdio: "ignore" });
  t.teardown(() => child.kill());
  const { pid = 0 } = child;
  const inode = () => statSync(`/proc/${pid}/ns/net`).ino;
  await waitFor("the process is inside", () => inode() === statSync(a.path).ino);
  tool.succeed("add", "net", String(pid));
  t.equal(tool.takeCalls()[0]?.netns, `/proc/${pid}/ns/net`);
});

t.test("plugins of the reference suite are called as well as ours", async (t) => {
  const tool = createTool(t);
  const a = tool.lab.container("a");
  const ipam = { type: "host-local", ranges: [[{ subnet: "10.125.0.0/24" }]] };
  const plugins = [
    { type: "bridge", ipam },
    { type: "tuning", mtu: 1400 },
  ];
  tool.write("net.conflist", { cniVersion: "1.0.0", name: "net", plugins });
  const env = { CNI_PATH: reference };
  for (const verb of ["add", "check", "del"]) {
    const { exitCode, stderr } = tool.run([verb, "net", a.name], { env });
    t.same({ exitCode, stderr }, { exitCode: 0, stderr: "" }, verb);
  }
});

t.test("variables and options mean the same, and the option wins", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  const env = {
    CNI_IFNAME: "net1",
    CNI_ARGS: "A=variable",
    CAP_ARGS: '{"portMappings":[{"hostPort":1}],"mac":"02:00:00:00:00:01"}',
  };
  tool.run(["add", "net", a.path], { env });
  const [first, second] = tool.takeCalls();
  t.match(first, { ifName: "net1", args: "A=variable", netns: a.path });
  t.same(first?.stdin["runtimeConfig"], { mac: "02:00:00:00:00:01" });
  t.same(second?.stdin["runtimeConfig"], { portMappings: [{ hostPort: 1 }] });

  const options = ["-i", "net2", "--cni-args", "A=option", "--cap-args", "{}"];
  tool.run(["add", "net", a.path, ...options, "--container-id", "mine"], { env });
  const [third] = tool.takeCalls();
  t.match(third, { ifName: "net2", args: "A=option", containerId: "mine" });
  t.notOk("runtimeConfig" in (third?.stdin ?? {}));
});

t.test("CHECK and DEL recall what ADD was given", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  const ports = { portMappings: [{ hostPort: 8080 }] };
  tool.succeed("add", "net", a.name, "--cni-args", "A=b", "--cap-args", JSON.stringify(ports));
  tool.takeCalls();
  tool.succeed("check", "net", a.name);
  tool.succeed("del", "net", a.name);
  for (const { plugin, args, stdin } of tool.takeCalls()) {
    t.equal(args, "A=b");
    if (plugin === "second") t.same(stdin["runtimeConfig"], ports);
  }
});

t.test("what a failed ADD has made is removed by DEL, the last plugin first", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  tool.fail("second", "ADD", { code: 7, msg: "no such port", details: "port 99999" });
  const { exitCode, stdout, stderr } = tool.run(["add", "net", a.name]);
  t.equal(exitCode, 1);
  t.equal(stdout, "");
  t.equal(
    stderr,
    "What ADD had made before it failed is removed again.\n" +
      'error: plugin type="second" failed (add): no such port (code 7)\n  port 99999\n',
  );
  t.same(namesOf(tool.takeCalls()), ["ADD first", "ADD second", "DEL second", "DEL first"]);
  t.notOk(existsSync(`${tool.lab.stateDir}/results/`), "nothing is remembered");

  const kept = tool.run(["add", "net", a.name, "--keep"]);
  t.equal(kept.exitCode, 1);
  t.match(kept.stderr, /^What ADD had made before it failed is still there\.$/m);
  t.same(namesOf(tool.takeCalls()), ["ADD first", "ADD second"]);
});

t.test("an interface that was there before is not taken down by a failed ADD", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  a.exec("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1");
  tool.fail("first", "ADD", { code: 999, msg: "eth0 exists" });
  const { exitCode, stderr } = tool.run(["add", "net", a.name]);
  t.equal(exitCode, 1);
  t.match(stderr, /^eth0 was there before, so nothing is taken back/m);
  t.same(namesOf(tool.takeCalls()), ["ADD first"]);
});

t.test("DEL that fails on the way back does not keep the others from it", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  tool.fail("second", "ADD", { code: 999, msg: "broken" });
  tool.fail("second", "DEL", { code: 999, msg: "broken too" });
  const { stderr } = tool.run(["add", "net", a.name]);
  t.same(namesOf(tool.takeCalls()).slice(2), ["DEL second", "DEL first"]);
  t.match(stderr, 'plugin type="second" failed (delete): broken too');
  t.match(stderr, 'repeat "patchbay del"');
});

t.test("DEL succeeds when all is gone: namespace, memory and configuration", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  tool.succeed("add", "net", a.name);
  a.delete();
  tool.remove("net.conflist");
  tool.takeCalls();
  const { exitCode, stderr } = tool.run(["del", "net", a.name]);
  t.equal(exitCode, 0);
  t.match(stderr, "the configuration of ADD is used");
  t.same(namesOf(tool.takeCalls()), ["DEL second", "DEL first"]);
  t.equal(tool.run(["del", "net", a.name]).exitCode, 3, "nothing is known any more");

  tool.write("net.conflist", chain);
  tool.succeed("del", "net", a.name);
  const [call] = tool.takeCalls();
  t.notOk("prevResult" in (call?.stdin ?? {}));
});

t.test("a damaged memory hinders CHECK, but not DEL", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  tool.succeed("add", "net", a.name);
  const results = `${tool.lab.stateDir}/results`;
  const [file = ""] = readdirSync(results);
  writeFileSync(`${results}/${file}`, "{ what");
  const check = tool.run(["check", "net", a.name]);
  t.equal(check.exitCode, 1);
  t.match(check.stderr, 'failed to get network "net" cached result');
  tool.takeCalls();
  tool.succeed("del", "net", a.name);
  t.same(namesOf(tool.takeCalls()), ["DEL second", "DEL first"]);
  t.same(readdirSync(results), []);
});

t.test("CHECK says what keeps it from being asked", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  const never = tool.run(["check", "net", a.name]);
  t.equal(never.exitCode, 1);
  t.match(never.stderr, `no ADD to network "net" is known of eth0 in /var/run/netns/${a.name}`);
  tool.write("net.conflist", { ...chain, disableCheck: true });
  t.match(tool.succeed("check", "net", a.name), /^not checked: /);
  tool.write("net.conflist", { ...chain, cniVersion: "0.3.1" });
  const old = tool.run(["check", "net", a.name]);
  t.equal(old.exitCode, 3);
  t.match(old.stderr, 'configuration version "0.3.1" does not support the CHECK command');
  t.same(tool.takeCalls(), []);
});

t.test("GC removes what is not valid, and tells plugins what is", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  const b = tool.lab.container("b");
  tool.succeed("add", "net", a.name, "--container-id", "aaa");
  tool.succeed("add", "net", b.name, "--container-id", "bbb");
  b.delete();
  tool.takeCalls();
  const dry = tool.succeed("gc", "net", "--valid-live", "--dry-run", "--json");
  const removed = [{ containerID: "bbb", ifname: "eth0" }];
  t.same(JSON.parse(dry), { network: "net", enabled: true, removed });
  t.same(tool.takeCalls(), []);

  tool.succeed("gc", "--valid-live", "--valid", "ccc/eth1", "--valid", "ddd/eth2", "net");
  const calls = tool.takeCalls();
  t.same(namesOf(calls), ["DEL second", "DEL first", "GC first", "GC second"]);
  t.equal(calls[0]?.containerId, "bbb");
  t.match(calls[2], { containerId: "", netns: "", ifName: "" });
  const valid = [
    { containerID: "ccc", ifname: "eth1" },
    { containerID: "ddd", ifname: "eth2" },
    { containerID: "aaa", ifname: "eth0" },
  ];
  t.same(calls[2]?.stdin["cni.dev/valid-attachments"], valid);
  t.same(calls[2]?.stdin["cni.dev/attachments"], valid);

  tool.succeed("gc", "net", a.name);
  const all = tool.takeCalls();
  t.same(namesOf(all), ["DEL second", "DEL first", "GC first", "GC second"]);
  t.notOk("cni.dev/valid-attachments" in (all[2]?.stdin ?? {}), "as cnitool");
});

t.test("GC keeps containers that a runtime of old remembers without their namespace", async (t) => {
  const tool = createChain(t);
  const [a, b, c] = [tool.lab.container("a"), tool.lab.container("b"), tool.lab.container("c")];
  const sandboxes = { aaa: a.path, bbb: b.path, ccc: undefined };
  for (const [id, sandbox] of Object.entries(sandboxes)) {
    const interfaces = [{ name: "veth0" }, { name: "eth0", sandbox }];
    tool.fake("second", { cniVersion: "1.1.0", ...(sandbox !== undefined && { interfaces }) });
    tool.succeed(
      "add",
      "net",
      (id === "aaa" ? a : id === "bbb" ? b : c).name,
      "--container-id",
      id,
    );
    const file = `${tool.lab.stateDir}/results/net-${id}-eth0`;
    const { netns: _, ...cached } = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify(cached));
  }
  b.delete();
  const dry = tool.succeed("gc", "net", "--valid-live", "--dry-run", "--json");
  t.same(JSON.parse(dry).removed, [{ containerID: "bbb", ifname: "eth0" }]);
});

t.test("GC goes on after errors and reports every one", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  tool.succeed("add", "net", a.name, "--container-id", "aaa");
  tool.fail("second", "DEL", { code: 999, msg: "stuck" });
  tool.fail("first", "GC", { code: 11, msg: "later" });
  tool.takeCalls();
  const { exitCode, stdout, stderr } = tool.run(["gc", "net", "--json"]);
  t.equal(exitCode, 1);
  t.same(namesOf(tool.takeCalls()), ["DEL second", "GC first", "GC second"]);
  t.match(stderr, "failed to delete stale attachment aaa eth0");
  t.match(stderr, "failed to GC plugin first");
  t.equal(JSON.parse(stdout).errors.length, 2);

  tool.write("net.conflist", { ...chain, disableGC: true });
  tool.succeed("gc", "net");
  t.same(tool.takeCalls(), []);
});

t.test("STATUS stops at the first plugin that is not ready, and keeps its code", async (t) => {
  const tool = createChain(t);
  tool.succeed("status", "net");
  t.same(namesOf(tool.takeCalls()), ["STATUS first", "STATUS second"]);
  tool.fail("first", "STATUS", { code: 50, msg: "no addresses left" });
  const { exitCode, stdout } = tool.run(["status", "net", "--json"]);
  t.equal(exitCode, 1);
  t.same(JSON.parse(stdout), {
    code: 50,
    msg: "no addresses left",
    plugin: "first",
    command: "STATUS",
  });
  t.same(namesOf(tool.takeCalls()), ["STATUS first"]);
});

t.test("the exit status tells a script whose fault it was", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  const cases: [number, string[]][] = [
    [0, ["--help"]],
    [0, ["help", "add"]],
    [0, ["--version"]],
    [2, []],
    [2, ["ad", "net", a.name]],
    [2, ["add", "net"]],
    [2, ["add", "net", a.name, "--nonsense"]],
    [2, ["add", "net", a.name, "--timeout", "soon"]],
    [2, ["add", "net", a.name, "--cap-args", "["]],
    [2, ["gc", "net", "--valid", "x"]],
    [3, ["add", "nte", a.name]],
    [3, ["add", "net", "nowhere"]],
    [3, ["add", "./missing.conflist", a.name]],
    [1, ["add", "net", a.name, "--cni-path", "/nowhere"]],
  ];
  for (const [status, args] of cases) {
    const { exitCode, stderr } = tool.run(args);
    t.equal(exitCode, status, `${args.join(" ")}: ${stderr}`);
  }
});

t.test("when nobody reads on, it ends without a word", async (t) => {
  const tool = createChain(t);
  const program = tool.command(["help", "add"]).join(" ");
  // The reader is gone before the first word.
  const script = `exec 3> >(exec true); wait $!; ${program} >&3; echo $?`;
  const { stdout, stderr } = tool.lab.runOnHost(["bash", "-c", script]);
  t.equal(stdout, "141\n");
  t.equal(stderr, "");
});

t.test("people get sentences, with colours unless they do not want them", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  const shown = tool.show(["add", "net", a.name]);
  t.equal(shown, `attached: ${a.name} to net as eth0\n  address  10.0.0.3/24\n`);
  const colour = "\u001b[";
  t.notOk(shown.includes(colour));
  t.ok(tool.show(["check", "net", a.name], {}).includes(colour));
  t.ok(tool.show(["del", "net", a.name], {}).startsWith(colour));
  t.notOk(tool.show(["add", "nte", a.name]).includes(colour));
});

t.test("--time and --verbose show each call on stderr, and leave stdout alone", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  const { stdout, stderr } = tool.run(["add", "net", a.name, "--time", "--verbose"]);
  t.ok(JSON.parse(stdout));
  t.match(stderr, /^ +\d+\.\d ms {2}ADD {4}first$/m);
  t.match(stderr, /^> ADD second \(.*\/second\)$/m);
  t.match(stderr, `  CNI_NETNS=/var/run/netns/${a.name}\n`);
  t.match(stderr, '      "prevResult": {\n');
  t.match(stderr, /^< exit status 0 after \d+\.\d ms$/m);
});

t.test("a plugin that takes too long is killed", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  writeFileSync(`${tool.pluginDir}/first`, "#!/bin/sh\n[ $CNI_COMMAND = ADD ] && exec sleep 60\n");
  const { exitCode, stderr } = tool.run(["add", "net", a.name, "--timeout", "0.3"]);
  t.equal(exitCode, 1);
  t.match(stderr, "did not finish within 300 ms");
});

t.test("Ctrl-C lets the running plugin finish, then takes everything back", async (t) => {
  const tool = createChain(t);
  const a = tool.lab.container("a");
  const [started, go] = [`${tool.pluginDir}/started`, `${tool.pluginDir}/go`];
  const wait = `touch ${started}; while [ ! -e ${go} ]; do sleep 0.05; done`;
  const script = readFileSync(`${tool.pluginDir}/first`, "utf8");
  writeFileSync(`${tool.pluginDir}/first`, script.replace("stdin=", `${wait}\nstdin=`));
  const [program = "", ...args] = tool.command(["add", "net", a.name]);
  const env = { ...process.env, NETCONFPATH: tool.confDir, CNI_PATH: tool.pluginDir };
  const child = spawn(program, [...args, "--cache-dir", tool.lab.stateDir], {
    env,
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  await waitFor("the first plugin runs", () => existsSync(started));
  child.kill("SIGINT");
  writeFileSync(go, "");
  t.equal(await ended, 130);
  t.same(namesOf(tool.takeCalls()), ["ADD first", "DEL second", "DEL first"]);
});
