import t from "tap";
import { type HostLocalConfig, parseHostLocalConfig } from "../../../ipam/host-local/config.ts";
import { formatRangeSet } from "../../../ipam/host-local/range-set.ts";
import type { JsonObject } from "../../../lib/cni/json.ts";
import type { ConfigInput } from "../../../lib/cni/plugin.ts";
import { formatAddress } from "../../../lib/ip/address.ts";
import { failureText } from "../../support/cni-error.ts";

function parse(document: JsonObject, input: Partial<ConfigInput> = {}): HostLocalConfig {
  return parseHostLocalConfig({
    verb: "ADD",
    document,
    network: "net",
    cniVersion: "1.0.0",
    args: "",
    ...input,
  });
}

const setsOf = ({ rangeSets }: HostLocalConfig) => rangeSets.map(formatRangeSet);
const requestedOf = ({ requested }: HostLocalConfig) => requested.map(formatAddress);

/** A configuration with one range, and whatever else. */
function withRange(others: JsonObject, ipam: JsonObject = {}): JsonObject {
  return {
    ipam: { type: "host-local", ranges: [[{ subnet: "10.1.2.0/24" }]], ...ipam },
    ...others,
  };
}

t.test("one range may stand in ipam itself, as it once had to", async (t) => {
  const config = parse({
    ipam: {
      subnet: "10.1.2.0/24",
      rangeStart: "10.1.2.9",
      rangeEnd: "10.1.2.20",
      gateway: "10.1.2.30",
    },
  });
  t.same(setsOf(config), ["10.1.2.9-10.1.2.20"]);
  t.equal(config.rangeSets[0] && formatAddress(config.rangeSets[0][0].gateway), "10.1.2.30");
});

t.test("several ranges make a set, and several sets stay in order", async (t) => {
  const ranges = [
    [{ subnet: "10.1.2.0/24", rangeStart: "10.1.2.9" }, { subnet: "10.1.4.0/24" }],
    [{ subnet: "2001:db8:1::/64", rangeEnd: "2001:db8:1::20" }],
  ];
  t.same(setsOf(parse({ ipam: { ranges } })), [
    "10.1.2.9-10.1.2.254,10.1.4.1-10.1.4.254",
    "2001:db8:1::1-2001:db8:1::20",
  ]);
});

t.test("what the runtime passes comes first, then the range of old, then the list", async (t) => {
  const config = parse({
    ipam: { subnet: "10.1.2.0/24", ranges: [[{ subnet: "10.1.3.0/24" }]] },
    runtimeConfig: { ipRanges: [[{ subnet: "10.1.4.0/24" }]] },
  });
  t.same(setsOf(config), ["10.1.4.1-10.1.4.254", "10.1.2.1-10.1.2.254", "10.1.3.1-10.1.3.254"]);
});

t.test(
  "keys may be written in any case, an empty address is none, unknown keys are let be",
  async (t) => {
    const config = parse({
      IPAM: { Ranges: [[{ SUBNET: "10.1.2.0/24", Gateway: "", rangeStart: null }]], colour: 3 },
      RuntimeConfig: { IPs: ["10.1.2.88"] },
    });
    t.same(setsOf(config), ["10.1.2.1-10.1.2.254"]);
    t.same(requestedOf(config), ["10.1.2.88"]);
  },
);

t.test(
  "requested addresses of all three sources add up, their prefix lengths do not count",
  async (t) => {
    const document = withRange({
      args: { cni: { ips: ["10.1.2.11/24", "2001:db8::11"] } },
      runtimeConfig: { ips: ["10.1.2.12", "2001:db8::12/64"] },
    });
    t.same(requestedOf(parse(document, { args: "IgnoreUnknown=1;A=B;IP=10.1.2.10" })), [
      "10.1.2.10",
      "10.1.2.11",
      "2001:db8::11",
      "10.1.2.12",
      "2001:db8::12",
    ]);
    t.same(requestedOf(parse(withRange({}), { args: "IP=10.1.2.10/16" })), ["10.1.2.10"]);
    t.same(requestedOf(parse(withRange({}))), []);
  },
);

t.test("state is kept below /var/lib/cni/networks unless dataDir says otherwise", async (t) => {
  t.equal(parse(withRange({})).dataDir, "/var/lib/cni/networks");
  t.equal(parse(withRange({}, { dataDir: "" })).dataDir, "/var/lib/cni/networks");
  t.equal(parse(withRange({}, { dataDir: "/run/leases" })).dataDir, "/run/leases");
  t.equal(parse(withRange({})).network, "net");
});

t.test("routes are passed on with all that they say", async (t) => {
  const routes = [
    { dst: "0.0.0.0/0", gw: "10.1.2.1" },
    { dst: "2001:DB8::/32", gw: "" },
    { dst: "192.0.2.0/24", mtu: 1400, advmss: 1300, priority: 5, table: 100, scope: 0 },
  ];
  t.same(parse(withRange({}, { routes })).routes, [
    { dst: "0.0.0.0/0", gw: "10.1.2.1" },
    { dst: "2001:db8::/32" },
    { dst: "192.0.2.0/24", mtu: 1400, advmss: 1300, priority: 5, table: 100, scope: 0 },
  ]);
});

t.test("what is wrong is named, in the reference's words where it has some", async (t) => {
  const ranges = (...sets: JsonObject[][]) => ({ ipam: { ranges: sets } });
  const cases: [JsonObject, RegExp][] = [
    [{}, /^7 IPAM config missing 'ipam' key/],
    [{ ipam: null }, /^7 IPAM config missing 'ipam' key/],
    [{ ipam: { type: "host-local" } }, /^7 no IP ranges specified$/],
    [{ ipam: { rangeStart: "10.1.2.3" } }, /^7 no IP ranges specified$/],
    [ranges([]), /^7 invalid range set 0: empty range set$/],
    [ranges([{}]), /^7 invalid range set 0: IP <nil> not v4 nor v6/],
    [
      ranges([{ subnet: "10.1.2.0/24" }], [{ subnet: "10.1.3.0/31" }]),
      /^7 invalid range set 1: Network 10.1.3.0\/31 too small to allocate from/,
    ],
    [
      ranges([{ subnet: "10.1.2.0/24" }, { subnet: "10.1.2.128/25" }]),
      /^7 invalid range set 0: subnets 10.1.2.1-10.1.2.254 and 10.1.2.129-10.1.2.254 overlap$/,
    ],
    [
      ranges([{ subnet: "10.1.2.0/24" }, { subnet: "2001:db8::/64" }]),
      /^7 invalid range set 0: mixed address families$/,
    ],
    [
      ranges([{ subnet: "10.1.2.0/24" }], [{ subnet: "10.1.0.0/16" }]),
      /^7 range set 0 overlaps with 1$/,
    ],
    [
      ranges([{ subnet: "10.1.2/24" }]),
      /^7 invalid CIDR address: 10.1.2\/24: "ipam.ranges\[0\]\[0\].subnet" must be such as/,
    ],
    [
      ranges([{ subnet: "10.1.2.0/24", gateway: "gw" }]),
      /^7 invalid IP address: gw: "ipam.ranges\[0\]\[0\].gateway" must be such as/,
    ],
    [
      withRange({}, { routes: [{ dst: "x" }] }),
      /^7 invalid CIDR address: x: "ipam.routes\[0\].dst"/,
    ],
    [
      withRange({}, { routes: [{ dst: "::/0", gw: "x" }] }),
      /^7 invalid IP address: x: "ipam.routes\[0\].gw"/,
    ],
    [withRange({ args: { cni: { ips: ["x"] } } }), /^7 invalid IP address: x: "args.cni.ips\[0\]"/],
    [
      withRange({ runtimeConfig: { ips: ["", "x"] } }),
      /^7 invalid IP address: : "runtimeConfig.ips\[0\]"/,
    ],
    [
      withRange({}, { dataDir: 7 }),
      /^7 invalid configuration: "ipam.dataDir" must be a string, not 7/,
    ],
    [{ ipam: { ranges: {} } }, /^7 invalid configuration: "ipam.ranges" must be a list/],
    [{ ipam: { ranges: [{ subnet: "10.1.2.0/24" }] } }, /^7 .*"ipam.ranges\[0\]" must be a list/],
  ];
  for (const [document, expected] of cases) {
    t.match(
      failureText(() => parse(document)),
      expected,
    );
  }
  t.match(
    failureText(() => parse(withRange({}), { args: "IP=10.1.2" })),
    /^4 ARGS: error parsing value of pair "IP=10.1.2": it must be an IP address$/,
  );
  t.match(
    failureText(() => parse(withRange({}), { args: "MAC=02:00:00:00:00:01" })),
    /^4 ARGS: unknown args \["MAC=02:00:00:00:00:01"\]/,
  );
});

t.test("versions before 0.3.0 have room for one address of each family", async (t) => {
  const both = [[{ subnet: "10.1.2.0/24" }], [{ subnet: "2001:db8::/64" }]];
  const three = [...both, [{ subnet: "10.1.3.0/24" }]];
  for (const cniVersion of ["0.1.0", "0.2.0"] as const) {
    t.equal(parse({ ipam: { ranges: both } }, { cniVersion }).rangeSets.length, 2);
    t.match(
      failureText(() => parse({ ipam: { ranges: three } }, { cniVersion })),
      `7 CNI version ${cniVersion} does not support more than 1 address per family`,
    );
  }
  t.equal(parse({ ipam: { ranges: three } }, { cniVersion: "0.3.0" }).rangeSets.length, 3);
});

t.test("to remove a reservation takes no more of a configuration than where it is", async (t) => {
  const broken = { ipam: { dataDir: "/run/leases", ranges: "gone", routes: 3 }, args: 5 };
  for (const verb of ["DEL", "GC"] as const) {
    t.equal(parse(broken, { verb, args: ";;" }).dataDir, "/run/leases");
    t.match(
      failureText(() => parse({}, { verb })),
      /^7 IPAM config missing 'ipam' key/,
    );
  }
});

t.test("STATUS is not told of the ranges that the runtime passes with ADD", async (t) => {
  t.same(parse({ ipam: { type: "host-local" } }, { verb: "STATUS" }).rangeSets, []);
});
