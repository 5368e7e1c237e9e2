import t from "tap";
import { parseEnvironment } from "../../../lib/cni/environment.ts";
import { failureOf } from "../../support/cni-error.ts";

const complete = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "some-container.id_1",
  CNI_NETNS: "/run/netns/a",
  CNI_IFNAME: "eth0",
  CNI_ARGS: "IP=10.1.2.3",
  CNI_PATH: "/opt/cni/bin:/usr/lib/cni",
};

t.test("a complete environment is read", async (t) => {
  t.same(parseEnvironment(complete), {
    verb: "ADD",
    containerId: "some-container.id_1",
    netns: "/run/netns/a",
    ifName: "eth0",
    args: "IP=10.1.2.3",
    path: ["/opt/cni/bin", "/usr/lib/cni"],
    mayShareNetns: false,
  });
});

t.test(
  "each verb requires its variables; empty is missing, and all are named at once",
  async (t) => {
    const all = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"];
    const required = {
      ADD: all,
      CHECK: all,
      DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
      GC: ["CNI_PATH"],
      STATUS: ["CNI_PATH"],
    };
    for (const [verb, names] of Object.entries(required)) {
      for (const value of [undefined, ""]) {
        const without = Object.fromEntries(all.map((name) => [name, value]));
        const { code, msg } = failureOf(() => parseEnvironment({ CNI_COMMAND: verb, ...without }));
        t.equal(code, 4);
        t.equal(msg, `required env variables [${names.join(",")}] missing`);
      }
      for (const name of names) {
        const { msg } = failureOf(() =>
          parseEnvironment({ ...complete, CNI_COMMAND: verb, [name]: "" }),
        );
        t.equal(msg, `required env variables [${name}] missing`);
      }
    }
    t.ok(parseEnvironment({ CNI_COMMAND: "VERSION" }));
    t.ok(parseEnvironment({ CNI_COMMAND: "NONSENSE" }), "what it is comes later");
  },
);

t.test("an impossible container ID is refused", async (t) => {
  for (const id of ["-a", ".a", "a/b", "a b", "ä", "a\n", "../a"]) {
    const error = failureOf(() => parseEnvironment({ ...complete, CNI_CONTAINERID: id }));
    t.equal(error.code, 4);
    t.ok(error.msg.startsWith("invalid characters in containerID: CNI_CONTAINERID is "), error.msg);
    t.equal(error.details, id);
  }
});

t.test("an impossible interface name is refused", async (t) => {
  const tooLong = "interface name is too long";
  const dots = "interface name is . or ..";
  const characters = "interface name contains / or : or whitespace characters";
  const cases: readonly (readonly [string, string])[] = [
    ["1234567890123456", tooLong],
    ["ééééééééé", tooLong],
    [".", dots],
    ["..", dots],
    ["a/b", characters],
    ["a:b", characters],
    ["a b", characters],
    ["a\tb", characters],
    ["a\u00a0b", characters],
    ["a\u0085b", characters],
    ["a\u3000b", characters],
  ];
  for (const [name, msg] of cases) {
    const error = failureOf(() => parseEnvironment({ ...complete, CNI_IFNAME: name }));
    t.equal(error.code, 4);
    t.ok(error.msg.startsWith(`${msg}: CNI_IFNAME`), error.msg);
    t.ok(error.msg.includes(name) || error.msg.includes(JSON.stringify(name)), error.msg);
  }
  t.equal(
    failureOf(() => parseEnvironment({ ...complete, CNI_IFNAME: "1234567890123456" })).details,
    "interface name should be less than 16 characters",
  );
  for (const name of ["123456789012345", "eth0.100", "ééééééé", "\ufeff", "a@b"]) {
    t.equal(parseEnvironment({ ...complete, CNI_IFNAME: name }).ifName, name);
  }
});

t.test(
  "a malformed value is reported before a missing one, and only to verbs that need it",
  async (t) => {
    const bad = { ...complete, CNI_CONTAINERID: "-", CNI_IFNAME: "", CNI_PATH: "" };
    t.match(failureOf(() => parseEnvironment(bad)).msg, /^invalid characters in containerID/);
    for (const verb of ["GC", "STATUS", "VERSION"]) {
      const given = { ...complete, CNI_COMMAND: verb, CNI_CONTAINERID: "-", CNI_IFNAME: "a/b" };
      t.equal(parseEnvironment(given).verb, verb);
    }
  },
);

t.test("empty parts of CNI_PATH do not mean the current directory", async (t) => {
  t.same(parseEnvironment({ ...complete, CNI_PATH: ":/a::/b:" }).path, ["/a", "/b"]);
});

t.test("CNI_NETNS_OVERRIDE is 1 or true in any case", async (t) => {
  for (const [value, means] of [
    ["1", true],
    ["true", true],
    ["TRUE", true],
    ["0", false],
    ["yes", false],
    ["", false],
  ] as const) {
    t.equal(parseEnvironment({ ...complete, CNI_NETNS_OVERRIDE: value }).mayShareNetns, means);
  }
});
