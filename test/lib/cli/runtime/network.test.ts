import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import t, { type Test } from "tap";
import {
  getNetwork,
  listNetworkNames,
  loadNetworkFile,
} from "../../../../lib/cli/runtime/network.ts";

type Files = Readonly<Record<string, unknown>>;

function confDir(t: Test, files: Files): string {
  const directory = t.testdir();
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  }
  return directory;
}

function list(name: string, ...types: string[]) {
  return { cniVersion: "1.0.0", name, plugins: types.map((type) => ({ type })) };
}

function typesOf(directory: string, name: string): string[] {
  return getNetwork(directory, name).plugins.map(({ type }) => type);
}

t.test("the first file with the name wins, in the order of file names", async (t) => {
  const directory = confDir(t, {
    "20-b.conflist": list("net", "second"),
    "10-a.conflist": list("net", "first"),
    "05-other.conflist": list("other", "x"),
  });
  t.same(typesOf(directory, "net"), ["first"]);
});

t.test("a conflist is found before a single plugin", async (t) => {
  const directory = confDir(t, {
    "00-a.conf": { name: "net", type: "single" },
    "99-z.conflist": list("net", "listed"),
  });
  t.same(typesOf(directory, "net"), ["listed"]);
});

t.test("a single plugin, in .conf or .json, is a network of one", async (t) => {
  const directory = confDir(t, {
    "10-a.conf": { cniVersion: "0.4.0", name: "one", type: "bridge", bridge: "br0" },
    "20-b.json": { name: "two", type: "ptp" },
  });
  const { name, cniVersion, plugins, bytes } = getNetwork(directory, "one");
  t.match({ name, cniVersion }, { name: "one", cniVersion: "0.4.0" });
  t.match(plugins, [{ type: "bridge", document: { bridge: "br0" } }]);
  t.equal(
    Buffer.from(bytes).toString(),
    '{"cniVersion":"0.4.0","name":"one","plugins":[{"bridge":"br0","cniVersion":"0.4.0","name":"one","type":"bridge"}]}',
    "kept as libcni would keep it",
  );
  t.same(typesOf(directory, "two"), ["ptp"]);
});

t.test("plugins in files of the network's own directory come after those inside", async (t) => {
  const directory = confDir(t, {
    "net.conflist": list("net", "inside"),
    "net/20-b.conf": { type: "b" },
    "net/10-a.conf": { type: "a" },
    "net/30-c.conflist": { type: "not-read" },
    "bare.conflist": { name: "bare" },
    "bare/x.conf": { type: "x" },
  });
  t.same(typesOf(directory, "net"), ["inside", "a", "b"]);
  t.same(typesOf(directory, "bare"), ["x"]);
});

t.test("loadOnlyInlinedPlugins keeps the directory out", async (t) => {
  const directory = confDir(t, {
    "net.conflist": { ...list("net", "inside"), loadOnlyInlinedPlugins: true },
    "net/10-a.conf": { type: "a" },
  });
  t.same(typesOf(directory, "net"), ["inside"]);
});

t.test("what is not found is said in the words of libcni, with the nearest name", async (t) => {
  const empty = confDir(t, {});
  t.throws(() => getNetwork(empty, "net"), { message: `no net configurations found in ${empty}` });
  const missing = `${empty}/missing`;
  t.throws(() => getNetwork(missing, "net"), {
    message: `no net configurations found in ${missing}`,
  });
  const directory = confDir(t, { "a.conflist": list("podnet", "x") });
  t.throws(() => getNetwork(directory, "podnte"), {
    message: `no net configuration with name "podnte" in ${directory}`,
    hint: 'Did you mean "podnet"?',
  });
  t.throws(() => getNetwork(directory, "zzz"), {
    message: /^no net configuration/,
    hint: "There are: podnet.",
  });
});

t.test("a malformed file on the way ends the search, and is named", async (t) => {
  const directory = confDir(t, {
    "10-broken.conflist": "{",
    "20-good.conflist": list("net", "x"),
    "sub/30.conflist": list("deeper", "x"),
  });
  t.throws(() => getNetwork(directory, "net"), {
    message: /^error reading .*\/10-broken\.conflist: error parsing configuration list: line 1/,
  });
  t.same(listNetworkNames(directory), ["net"]);
});

t.test("a network without any plugin is refused", async (t) => {
  const directory = confDir(t, { "a.conflist": { name: "net" } });
  t.throws(() => getNetwork(directory, "net"), { message: /no plugin configs found$/ });
});

t.test("a network can be loaded from its file", async (t) => {
  const directory = confDir(t, {
    "a.conflist": list("net", "x"),
    "b.conf": { name: "one", type: "y" },
  });
  t.equal(loadNetworkFile(`${directory}/a.conflist`).name, "net");
  t.equal(loadNetworkFile(`${directory}/b.conf`).name, "one");
});
