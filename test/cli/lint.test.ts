import { chmodSync, writeFileSync } from "node:fs";
import t, { type Test } from "tap";
import { patchbay } from "../support/lab.ts";
import { type Output, run } from "../support/namespace.ts";

const program = `${patchbay}/patchbay`;

function lint(args: readonly string[], cwd: string): Output {
  const env = { NO_COLOR: "1", CNI_PATH: undefined, NETCONFPATH: undefined };
  return run([program, "lint", ...args], { cwd, env });
}

/** @returns the problems of one file, without its name and the sum */
function problemsOf(t: Test, text: string, ...args: string[]): string {
  const directory = t.testdir({ "x.conflist": text });
  const { stdout } = lint(["x.conflist", ...args], directory);
  return stdout.replaceAll("x.conflist:", "").replace(/[^\n]*in 1 file\n$/, "");
}

/** A network of one bridge, with members of the bridge and of its IPAM. */
function bridgeWith(members: string, ipam = '"ranges": [[{ "subnet": "10.1.0.0/16" }]]'): string {
  return `{
  "cniVersion": "1.1.0", "name": "net", "plugins": [{
    "type": "bridge", ${members}
    "ipam": { "type": "host-local", ${ipam} }
  }]
}`;
}

t.test("examples have no problems, and that is said", async (t) => {
  const { exitCode, stdout, stderr } = lint(["conf", "--no-plugins", "--strict"], ".");
  t.match(stdout, /^good: no problems in \d+ files\n$/);
  t.same({ exitCode, stderr }, { exitCode: 0, stderr: "" });
});

t.test("text that is not JSON is told with its place", async (t) => {
  const cases: readonly [string, string][] = [
    ['{\n  "name": "x",\n}', "3:1: error: expected a key in double quotes, found }\n"],
    ['{"name" "x"}', '1:9: error: expected ":" after the key, found "x"\n'],
    ["[]", "1:1: error: it must be an object in braces, not the list []\n"],
    ["", "1:1: error: expected a value, found the end of the text\n"],
  ];
  for (const [text, problems] of cases) t.equal(problemsOf(t, text), problems, text);
});

t.test("what libcni refuses is told, each with its place", async (t) => {
  const text = `{
  "cniVersion": "1.2",
  "cniVersions": ["1.0.0", "next"],
  "name": "my net",
  "disableGC": "yes",
  "disablecheck": true,
  "name": "my net",
  "color": "blue",
  "plugins": [
    {},
    { "type": "a/b" },
    { "type": "x", "capabilities": { "mac": "yes" } }
  ]
}`;
  const found = problemsOf(t, text, "--no-plugins");
  for (const problem of [
    '2:17: error: "1.2" is no version of the specification: known are 0.1.0, 0.2.0',
    '3:28: error: "next" is no version such as "1.1.0"\n',
    "7:11: error: invalid characters found in network name",
    '5:16: error: "disableGC" must be true or false, not "yes"\n',
    '6:3: error: "disablecheck" must be spelled "disableCheck" here\n',
    '7:3: error: "name" is given twice: line 4 does not count\n',
    '8:3: warning: unknown key "color" of a network: it has no effect\n',
    '10:5: error: a plugin needs a "type"\n',
    "11:15: error: invalid plugin name: a/b",
    '12:45: error: "capabilities.mac" must be true or false\n',
  ]) {
    t.ok(found.includes(problem), `${problem} in:\n${found}`);
  }
  const empty = problemsOf(t, '{ "name": "n" }', "--no-plugins");
  t.match(empty, '1:1: error: a network needs "plugins"\n');
  t.match(empty, '1:1: warning: without "cniVersion" this is a network of version 0.1.0\n');
});

t.test("keys that no plugin reads are told, with what was meant", async (t) => {
  const text = bridgeWith(
    '"isGatway": true, "ipmasq": true, "runtimeConfig": {}, "_comment": "",',
    '"ranges": [[{ "subnet": "10.1.0.0/16", "rangeStrat": "10.1.0.9" }]], "zzz": 1',
  );
  t.equal(
    problemsOf(t, text, "--no-plugins"),
    '3:23: warning: unknown key "isGatway": did you mean "isGateway"?\n' +
      '3:41: warning: "ipmasq" is read as "ipMasq": better spell it so\n' +
      '3:57: warning: "runtimeConfig" is written by the runtime: here it has no effect\n' +
      '4:76: warning: unknown key "ipam.ranges[0][0].rangeStrat": did you mean "ipam.ranges[0][0].rangeStart"?\n' +
      '4:106: warning: unknown key "ipam.zzz": it has no effect\n',
  );
});

t.test("plugins that are not of this suite may have any key", async (t) => {
  const text = '{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"calico","anything":1}]}';
  t.equal(problemsOf(t, text, "--no-plugins"), "");
  const ipam = bridgeWith('"isGatway": true,').replace("host-local", "whereabouts");
  t.equal(problemsOf(t, ipam, "--no-plugins"), "", "nor is known what another IPAM reads");
});

t.test("values of the wrong kind are told, then what contradicts", async (t) => {
  t.equal(
    problemsOf(t, bridgeWith('"mtu": "1500", "vlanTrunk": [{ "id": true }],'), "--no-plugins"),
    '3:30: error: "mtu" must be a number, not "1500"\n' +
      '3:60: error: "vlanTrunk[0].id" must be a number, not true\n',
  );
  t.match(
    problemsOf(t, bridgeWith('"hairpinMode": true, "promiscMode": true,'), "--no-plugins"),
    /^3:38: error: cannot set hairpin mode and promiscuous mode at the same time/,
  );
});

t.test("ranges that cannot work are told", async (t) => {
  const text = bridgeWith(
    "",
    `"ranges": [
      [{ "subnet": "10.1.0.0/16", "gateway": "10.2.0.1" }],
      [{ "subnet": "10.1.2.0/24" }, { "subnet": "fd00::/64" }],
      [{ "subnet": "10.5.0.1/16" }, { "subnet": "10.7.0.0/31" }, {}],
      [{ "subnet": "10.8.0.0/16", "rangeStart": "10.8.0.9", "rangeEnd": "10.8.0.5" }],
      [{ "subnet": "10.9.0.0" }, { "subnet": "fe80::%eth0/64" }]
    ],
    "routes": [{ "dst": "0.0.0.0/0", "gw": "192.168.0.1" }, { "dst": "::/0", "gw": "fd00::1" }]`,
  );
  t.equal(
    problemsOf(t, text, "--no-plugins"),
    '5:46: error: "gateway" 10.2.0.1 is outside of its subnet 10.1.0.0/16\n' +
      "6:20: error: the range of 10.1.2.0/24 overlaps with that of 10.1.0.0/16 in line 5\n" +
      "6:49: error: IPv4 and IPv6 in one set: a container gets one address out of each set, so give each a set of its own\n" +
      "7:20: error: a subnet has no host bits: this one is 10.5.0.0/16\n" +
      "7:49: error: /31 is too small to give addresses from: /30 is the smallest\n" +
      '7:66: error: a range needs a "subnet"\n' +
      "8:20: error: no address is left between start and end\n" +
      '9:20: error: "10.9.0.0" is no subnet such as "10.1.2.0/24"\n' +
      '9:46: error: "fe80::%eth0/64" is no subnet such as "10.1.2.0/24"\n' +
      "11:44: warning: the gateway 192.168.0.1 is in none of the subnets: it cannot be reached\n",
  );
  const legacy = bridgeWith("", '"subnet": "10.1.0.0/16", "gateway": "10.2.0.1"');
  t.match(problemsOf(t, legacy, "--no-plugins"), "is outside of its subnet");
});

t.test("capabilities that are missing or mistaken are told", async (t) => {
  const portmap = (members: string) =>
    `{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"bridge"},\n{"type":"portmap"${members}}]}`;
  const missing = 'portmap does nothing without "capabilities": {"portMappings": true}\n';
  t.equal(problemsOf(t, portmap(""), "--no-plugins"), `2:9: error: ${missing}`);
  t.equal(
    problemsOf(t, portmap(',"capabilities":{"portMapping":true}'), "--no-plugins"),
    `2:34: error: ${missing}` +
      '2:35: warning: "portMapping" is no capability of portmap: did you mean "portMappings"?\n',
  );
  t.equal(problemsOf(t, portmap(',"capabilities":{"portMappings":true}'), "--no-plugins"), "");
  const ips = bridgeWith('"capabilities": { "ips": true, "mac": true },');
  t.equal(problemsOf(t, ips, "--no-plugins"), "", "those of its IPAM count too");
});

t.test("an order of plugins that cannot work is told", async (t) => {
  const cases: readonly [types: string[], problems: string[]][] = [
    [["bridge", "tuning", "firewall", "bandwidth"], []],
    [["calico", "tuning"], []],
    [["tuning", "bridge"], ["tuning works on the interface of a plugin before it: there is none"]],
    [
      ["bridge", "macvlan"],
      ["macvlan makes the container's interface, which bridge has made already"],
    ],
    [
      ["bridge", "host-local"],
      ['host-local grants addresses to other plugins: it belongs into their "ipam"'],
    ],
  ];
  for (const [types, problems] of cases) {
    const plugins = types.map((type) => ({ type }));
    const text = JSON.stringify({ cniVersion: "1.1.0", name: "n", plugins });
    const found = problemsOf(t, text, "--no-plugins").split("\n").slice(0, -1);
    t.same(
      found.map((line) => line.replace(/^[\d:]+ error: /, "")),
      problems,
      types.join(" "),
    );
  }
  const ipam = bridgeWith("").replace("host-local", "ptp");
  t.match(problemsOf(t, ipam, "--no-plugins"), "4:23: error: ptp is no IPAM plugin\n");
});

t.test("a version that is too low for an option is told", async (t) => {
  const text = bridgeWith(
    "",
    '"routes": [{ "dst": "0.0.0.0/0", "mtu": 1400 }], "subnet": "10.1.0.0/16"',
  )
    .replace("1.1.0", "1.0.0")
    .replace('"name"', '"disableGC": true, "name"');
  t.equal(
    problemsOf(t, text, "--no-plugins"),
    '2:26: warning: "disableGC" came with version 1.1.0, this network has 1.0.0\n' +
      '4:70: warning: "mtu" of a route came with version 1.1.0, this network has 1.0.0\n',
  );
  const old = '{"cniVersion":"0.2.0","name":"n","plugins":[{"type":"bridge"},{"type":"tuning"}]}';
  t.equal(
    problemsOf(t, old, "--no-plugins"),
    '1:53: error: without "ipam" there are no addresses, which a result of version 0.2.0 must have\n' +
      "1:71: error: several plugins need version 0.3.0, this network has 0.2.0\n",
  );
});

t.test("plugins that are not installed, or too old, are told", async (t) => {
  const directory = t.testdir({
    bin: { bridge: '#!/bin/sh\necho \'{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}\'\n' },
    "x.conflist": bridgeWith("").replace('"bridge"', '"brigde"'),
    "y.conflist": bridgeWith(""),
  });
  chmodSync(`${directory}/bin/bridge`, 0o755);
  const { stdout } = lint(["x.conflist", "y.conflist", "--cni-path", `bin:${patchbay}`], directory);
  t.match(stdout, 'x.conflist:3:13: error: failed to find plugin "brigde" in path');
  t.match(stdout, 'did you mean "bridge"?');
  t.match(stdout, "y.conflist:2:17: error: bridge (bin/bridge) speaks 1.0.0, not 1.1.0\n");
});

t.test("networks of several files are compared with each other", async (t) => {
  const other = bridgeWith("", '"ranges": [[{ "subnet": "10.1.5.0/24" }]]').replace("net", "other");
  const directory = t.testdir({
    "a.conflist": bridgeWith(""),
    "b.conflist": other,
    "c.conflist": bridgeWith(""),
    net: { "d.conf": '{\n"type": "portmap" }' },
  });
  const { exitCode, stdout } = lint([".", "--no-plugins"], directory);
  t.equal(exitCode, 1);
  for (const problem of [
    './b.conflist:4:61: warning: 10.1.5.0/24 overlaps with 10.1.0.0/16 of network "net" (./a.conflist:4)\n',
    './c.conflist:2:34: warning: ./a.conflist describes a network "net" too: the first file counts\n',
    './net/d.conf:2:9: error: portmap does nothing without "capabilities": {"portMappings": true}\n',
  ]) {
    t.ok(stdout.includes(problem), `${problem} in:\n${stdout}`);
  }
});

t.test("the exit status and --json serve programs", async (t) => {
  const directory = t.testdir({
    "bad.conf": '{"cniVersion":"0.4.0","name":"n","type":"bridge","mtu":"big"}',
    "warn.conf": '{"cniVersion":"0.4.0","name":"w","type":"bridge","mtu":1400,"zzz":1}',
    "good.conf": '{"cniVersion":"0.4.0","name":"g","type":"bridge"}',
  });
  const status = (...args: string[]) => lint([...args, "--no-plugins"], directory).exitCode;
  t.equal(status("good.conf"), 0);
  t.equal(status("warn.conf"), 0);
  t.equal(status("warn.conf", "--strict"), 1);
  t.equal(status("good.conf", "bad.conf"), 1);
  t.equal(status("missing.conf"), 3);
  t.match(JSON.parse(lint(["missing.conf", "--json"], directory).stdout), {
    msg: "there is no file or directory missing.conf",
  });
  const { stdout } = lint(["bad.conf", "--json", "--no-plugins"], directory);
  const message = '"mtu" must be a number, not "big"';
  const problem = {
    file: `${directory}/bad.conf`,
    line: 1,
    column: 56,
    severity: "error",
    message,
  };
  t.same(JSON.parse(stdout), { files: ["bad.conf"], problems: [problem] });
});

t.test("nothing that a file contains commands the terminal", async (t) => {
  const text = '{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"bridge","mtu":"\\u001b[2J"}]}';
  const directory = t.testdir({});
  writeFileSync(`${directory}/x.conflist`, text);
  const { stdout } = lint(["x.conflist", "--no-plugins"], directory);
  t.notMatch(stdout, "\u001b");
});
