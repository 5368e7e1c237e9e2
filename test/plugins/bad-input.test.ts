import t from "tap";
import { pluginNames } from "../../plugins/names.ts";
import { type Call, createLab, type Verb } from "../support/lab.ts";
import type { Json } from "../support/outcome.ts";

/** What a runtime would never send, but somebody did. */
interface Mistake {
  readonly what: string;
  readonly verb?: Verb;
  readonly call?: Call;
  readonly config?: Json;
  readonly code: number;
  /** The key or variable, its value, what would be right. */
  readonly msg: readonly string[];
}

const good: Json = {
  cniVersion: "1.1.0",
  name: "net",
  bridge: "br-test",
  isGateway: true,
  ipam: { type: "host-local", ranges: [[{ subnet: "10.1.2.0/24" }]] },
  runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
};

const mistakes: readonly Mistake[] = [
  {
    what: "no container ID, interface name or CNI_PATH",
    call: { containerId: "", ifName: "", env: { CNI_PATH: "" } },
    code: 4,
    msg: ["required env variables [CNI_CONTAINERID,CNI_IFNAME,CNI_PATH] missing"],
  },
  {
    what: "a container ID that is a path",
    call: { containerId: "../../etc" },
    code: 4,
    msg: ["CNI_CONTAINERID", "../../etc", "letters, digits"],
  },
  {
    what: "an interface name that is too long",
    call: { ifName: "a-very-long-name0" },
    code: 4,
    msg: ["CNI_IFNAME", "a-very-long-name0", "15"],
  },
  { what: "an interface name that is a path", call: { ifName: "a/b" }, code: 4, msg: ["a/b"] },
  {
    what: "a namespace that does not exist",
    call: { netns: "/run/netns/nobody" },
    code: 8,
    msg: ["CNI_NETNS", "/run/netns/nobody", "no such file"],
  },
  {
    what: "a namespace that is a file",
    call: { netns: "/etc/passwd" },
    code: 8,
    msg: ["CNI_NETNS", "/etc/passwd", "path of a network namespace"],
  },
  {
    what: "the host's namespace",
    call: { netns: "/proc/self/ns/net" },
    code: 8,
    msg: ["plugin's netns and netns from CNI_NETNS should not be the same"],
  },
  { what: "an empty stdin", call: { stdin: " " }, code: 6, msg: ["empty"] },
  {
    what: "half a document",
    call: { stdin: '{"name":\n"net"' },
    code: 6,
    msg: ["line 2, column 6"],
  },
  { what: "a list", call: { stdin: "[]" }, code: 6, msg: ["must be an object", "[]"] },
  {
    what: "bytes that are no text",
    call: { stdin: Uint8Array.of(0x7b, 0xff, 0xfe) },
    code: 6,
    msg: ["line 1, column 2", "UTF-8"],
  },
  {
    what: "a document that is nested too deep",
    call: { stdin: `{"a":${"[".repeat(100_000)}` },
    code: 6,
    msg: ["10000 deep"],
  },
  { what: "no name", config: { ...good, name: null }, code: 7, msg: ["missing network name"] },
  {
    what: "a name that is a path",
    config: { ...good, name: "../net" },
    code: 7,
    msg: ['"name"', "../net", "letters, digits"],
  },
  {
    what: "a name that is a number",
    config: { ...good, name: 5 },
    code: 6,
    msg: ['"name"', "5", "must be a string"],
  },
  {
    what: "a version that nobody knows",
    config: { ...good, cniVersion: "3.0.0" },
    code: 1,
    msg: ['"cniVersion"', "3.0.0", '"1.1.0"'],
  },
  {
    what: "GC in an old version",
    verb: "GC",
    config: { ...good, cniVersion: "1.0.0" },
    code: 1,
    msg: ["config version does not allow GC", "1.0.0", "1.1.0"],
  },
  {
    what: "a list of attachments that is none",
    verb: "GC",
    config: { ...good, "cni.dev/valid-attachments": { containerID: "a" } },
    code: 7,
    msg: ["cni.dev/valid-attachments", '{"containerID":"a"}', "a list"],
  },
  {
    what: "a previous result that is none",
    config: { ...good, prevResult: { ips: [{ address: "10.1.2.3" }] } },
    code: 7,
    msg: ["prevResult.ips[0].address", "10.1.2.3", "a CIDR"],
  },
];

for (const plugin of pluginNames) {
  t.test(`${plugin} refuses what makes no sense, and does nothing`, async (t) => {
    const lab = createLab(t);
    const container = lab.container("a");
    const before = lab.snapshot();
    for (const mistake of mistakes) {
      // IPAM plugins and port mappings do not look into the namespace.
      if (mistake.msg.includes("CNI_NETNS") && !/bridge|loopback/.test(plugin)) continue;
      const { verb = "ADD", config = good, call, what, code, msg } = mistake;
      const document = { type: plugin, ...config };
      const outcome = lab.cni(verb, plugin, document, { container, ...call });
      t.equal(outcome.exitCode, 1, what);
      t.equal(outcome.stderr, "", what);
      t.equal(outcome.error?.code, code, `${what}: ${outcome.stdout}`);
      for (const part of msg) t.match(outcome.error?.msg, part, what);
      t.notMatch(outcome.stdout, /at .*:\d+:\d+|\$bunfs/, what);
    }
    t.equal(lab.snapshot(), before);
  });
}
