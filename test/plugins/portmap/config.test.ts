import t from "tap";
import { createLab } from "../../support/lab.ts";
import type { Json } from "../../support/outcome.ts";
import { call, makeBridge } from "./host.ts";

t.setTimeout(170_000);

type Refusal = [what: string, config: Json, msg: string | RegExp];

function mapped(mapping: Json): Json {
  const whole = { hostPort: 80, containerPort: 80, protocol: "tcp", ...mapping };
  return { runtimeConfig: { portMappings: [whole] } };
}

const refusals: readonly Refusal[] = [
  ["a backend that nobody knows", { backend: "ipfw" }, 'unrecognized backend "ipfw"'],
  ["host port 0", mapped({ hostPort: 0 }), /^Invalid host port number: 0/],
  ["a negative host port", mapped({ hostPort: -1 }), /^Invalid host port number: -1/],
  ["a host port that is too high", mapped({ hostPort: 65536 }), /^Invalid host port number: 65536/],
  ["container port 0", mapped({ containerPort: 0 }), /^Invalid container port number: 0/],
  ["a range that ends too high", mapped({ hostPort: 65535, range: 2 }), /host port number: 65536/],
  ["a protocol without ports", mapped({ protocol: "icmp" }), /protocol" must be "tcp", "udp"/],
  ["no IP address", mapped({ hostIP: "localhost" }), /hostIP" must be an IP address, not "localh/],
  ["mark bit 32", { markMasqBit: 32 }, /^MasqMarkBit must be between 0 and 31/],
  ["mark bit -1", { markMasqBit: -1 }, /^MasqMarkBit must be between 0 and 31/],
  [
    "two kinds of mark",
    { markMasqBit: 5, externalSetMarkChain: "KUBE-MARK-MASQ" },
    "Cannot specify externalSetMarkChain and markMasqBit",
  ],
  [
    "options of iptables for nftables",
    { backend: "nftables", externalSetMarkChain: "X", conditionsV4: ["-s", "1.2.3.4"] },
    "nftables backend was requested but configuration contains iptables-specific options " +
      "[externalSetMarkChain conditionsV4]",
  ],
  [
    "conditions of nftables for iptables",
    { backend: "iptables", conditionsV4: ["ip", "saddr", "1.2.3.4"], conditionsV6: ["iif", "lo"] },
    "iptables backend was requested but configuration contains nftables-specific options " +
      "[conditionsV4 conditionsV6]",
  ],
  [
    "conditions of both",
    { conditionsV4: ["!", "-s", "1.2.3.4"], conditionsV6: ["ip6", "saddr", "fd00::/8"] },
    /^iptables backend was requested but configuration contains nftables-specific/,
  ],
  [
    "conditions that mean nothing to us",
    { conditionsV4: ["tcp", "flags", "syn"] },
    /^"conditionsV4" contains what the nftables backend cannot do: "tcp flags syn" starts with/,
  ],
  [
    "conditions without a value",
    { conditionsV6: ["ip6", "saddr", "!="] },
    /^"conditionsV6" contains what the nftables backend cannot do: "" is no value for "ip6 saddr"/,
  ],
  [
    "what would be a line of its own",
    { conditionsV4: ["-s", "192.0.2.1\nCOMMIT\n*filter\n-F"] },
    /^"conditionsV4" contains control characters: "192/,
  ],
  [
    "a chain that would be a line of its own",
    { externalSetMarkChain: "X\n-F" },
    /^"externalSetMarkChain" contains control characters/,
  ],
  [
    "a host port that leads to two places",
    {
      runtimeConfig: {
        portMappings: [
          { hostPort: 80, containerPort: 80, protocol: "tcp" },
          { hostPort: 80, containerPort: 81, protocol: "tcp" },
        ],
      },
    },
    "host port 80/tcp cannot lead to both container port 80 and 81",
  ],
  ["a result that is missing", { prevResult: null }, "must be called as chained plugin"],
];

t.test("what makes no sense is refused with error 7, and DEL succeeds nevertheless", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const container = lab.container("a");
  for (const [what, config, msg] of refusals) {
    const published = { container, ports: ["80:80"], config };
    t.match(call(lab, "ADD", published).error, { code: 7, msg }, what);
    t.equal(call(lab, "DEL", published).exitCode, 0, `DEL with ${what}`);
  }
  t.end();
});

t.test("iptables makes the rules when an option is set that only it has", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const container = lab.container("a");
  const config = { conditionsV4: ["-s", "198.51.100.0/24"] };
  t.equal(call(lab, "ADD", { container, ports: ["80:80"], config }).exitCode, 0);
  t.match(
    lab.host.exec("iptables-save", "-t", "nat"),
    /-A CNI-HOSTPORT-DNAT -s 198\.51\.100\.0\/24/,
  );
  t.notMatch(lab.host.exec("nft", "list", "tables"), "patchbay");
  t.end();
});

t.test("without iptables, an error says what to install or set", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const published = { container: lab.container("a"), ports: ["80:80"] };
  lab.container("none");
  const hide = 'mount -t tmpfs none /usr/sbin && exec "$@"';
  const { stdout } = lab.runOnHost(["sh", "-c", hide, "sh", `${process.cwd()}/dist/bin/portmap`], {
    stdin: JSON.stringify({
      cniVersion: "1.1.0",
      name: "web",
      type: "portmap",
      backend: "iptables",
      ...mapped({}),
      prevResult: { cniVersion: "1.1.0", ips: [{ address: "10.88.0.2/24" }] },
    }),
    env: {
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "a",
      CNI_IFNAME: "eth0",
      CNI_NETNS: published.container.path,
      CNI_PATH: "/nowhere",
    },
  });
  t.match(JSON.parse(stdout), {
    code: 7,
    msg: 'The program "iptables-restore" is not installed: install iptables, or set the backend to "nftables"',
  });
  t.end();
});

t.test(
  "where there is no address to lead to, ports are not published, and somebody is told",
  (t) => {
    const lab = createLab(t);
    const container = lab.container("a");
    const config = { prevResult: { cniVersion: "1.1.0", interfaces: [{ name: "eth0" }] } };
    const before = lab.snapshot();
    const { exitCode, stderr } = call(lab, "ADD", { container, ports: ["80:80"], config });
    t.equal(exitCode, 0);
    t.match(stderr, /the ports of container "container-a" .* lead nowhere: it has no address/);
    t.equal(lab.snapshot(), before);
    t.end();
  },
);
