import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import t from "tap";
import { formatJson, type JsonObject } from "../../../lib/cni/json.ts";
import type { Result } from "../../../lib/cni/result.ts";
import { formatResult, parsePrevResult, parseResult } from "../../../lib/cni/result-versions.ts";
import { type SpecVersion, specVersions } from "../../../lib/cni/version.ts";
import { bitsOf, formatAddress, isMapped } from "../../../lib/ip/address.ts";
import { failureOf, failureText } from "../../support/cni-error.ts";
import { anyAddress } from "../../support/ip.ts";

/** Everything that a result can say. */
const full: Result = {
  interfaces: [
    { name: "cni0", mac: "00:11:22:33:44:55", mtu: 1500 },
    {
      name: "eth0",
      mac: "02:00:00:00:00:01",
      mtu: 1400,
      sandbox: "/run/netns/a",
      socketPath: "/run/vhost",
      pciID: "8086:9a01",
    },
  ],
  ips: [
    { address: "10.1.2.3/24", gateway: "10.1.2.1", interface: 1 },
    { address: "2001:db8::3/64", gateway: "2001:db8::1", interface: 0 },
    { address: "10.9.9.9/32" },
  ],
  routes: [
    {
      dst: "0.0.0.0/0",
      gw: "10.1.2.254",
      mtu: 1300,
      advmss: 1260,
      priority: 5,
      table: 0,
      scope: 0,
    },
    { dst: "2001:db8:1::/48" },
  ],
  dns: { nameservers: ["10.1.2.1"], domain: "local", search: ["a.local"], options: ["ndots:5"] },
};

const goldenV1 = (version: string) => `{
    "cniVersion": "${version}",
    "dns": {
        "domain": "local",
        "nameservers": [
            "10.1.2.1"
        ],
        "options": [
            "ndots:5"
        ],
        "search": [
            "a.local"
        ]
    },
    "interfaces": [
        {
            "mac": "00:11:22:33:44:55",
            "mtu": 1500,
            "name": "cni0"
        },
        {
            "mac": "02:00:00:00:00:01",
            "mtu": 1400,
            "name": "eth0",
            "pciID": "8086:9a01",
            "sandbox": "/run/netns/a",
            "socketPath": "/run/vhost"
        }
    ],
    "ips": [
        {
            "address": "10.1.2.3/24",
            "gateway": "10.1.2.1",
            "interface": 1
        },
        {
            "address": "2001:db8::3/64",
            "gateway": "2001:db8::1",
            "interface": 0
        },
        {
            "address": "10.9.9.9/32"
        }
    ],
    "routes": [
        {
            "advmss": 1260,
            "dst": "0.0.0.0/0",
            "gw": "10.1.2.254",
            "mtu": 1300,
            "priority": 5,
            "scope": 0,
            "table": 0
        },
        {
            "dst": "2001:db8:1::/48"
        }
    ]
}`;

const goldenV03 = (version: string) => `{
    "cniVersion": "${version}",
    "interfaces": [
        {
            "name": "cni0",
            "mac": "00:11:22:33:44:55"
        },
        {
            "name": "eth0",
            "mac": "02:00:00:00:00:01",
            "sandbox": "/run/netns/a"
        }
    ],
    "ips": [
        {
            "version": "4",
            "interface": 1,
            "address": "10.1.2.3/24",
            "gateway": "10.1.2.1"
        },
        {
            "version": "6",
            "interface": 0,
            "address": "2001:db8::3/64",
            "gateway": "2001:db8::1"
        },
        {
            "version": "4",
            "address": "10.9.9.9/32"
        }
    ],
    "routes": [
        {
            "dst": "0.0.0.0/0",
            "gw": "10.1.2.254",
            "mtu": 1300,
            "advmss": 1260,
            "priority": 5,
            "table": 0,
            "scope": 0
        },
        {
            "dst": "2001:db8:1::/48"
        }
    ],
    "dns": {
        "nameservers": [
            "10.1.2.1"
        ],
        "domain": "local",
        "search": [
            "a.local"
        ],
        "options": [
            "ndots:5"
        ]
    }
}`;

const goldenV01 = (version: string) => `{
    "cniVersion": "${version}",
    "ip4": {
        "ip": "10.1.2.3/24",
        "gateway": "10.1.2.1",
        "routes": [
            {
                "dst": "0.0.0.0/0",
                "gw": "10.1.2.254"
            }
        ]
    },
    "ip6": {
        "ip": "2001:db8::3/64",
        "gateway": "2001:db8::1",
        "routes": [
            {
                "dst": "2001:db8:1::/48"
            }
        ]
    },
    "dns": {
        "nameservers": [
            "10.1.2.1"
        ],
        "domain": "local",
        "search": [
            "a.local"
        ],
        "options": [
            "ndots:5"
        ]
    }
}`;

const goldens: { readonly [version in SpecVersion]: (version: string) => string } = {
  "0.1.0": goldenV01,
  "0.2.0": goldenV01,
  "0.3.0": goldenV03,
  "0.3.1": goldenV03,
  "0.4.0": goldenV03,
  "1.0.0": goldenV1,
  "1.1.0": goldenV1,
};

/** As a runtime would read it. */
function print(result: Result, version: SpecVersion): JsonObject {
  return JSON.parse(formatJson(formatResult(result, version)));
}

t.test("a result is printed in each version as the reference prints it", async (t) => {
  for (const version of specVersions) {
    t.equal(formatJson(formatResult(full, version)), goldens[version](version));
  }
});

t.test(
  "dns is left out when it says nothing, but before 1.0.0 it is an empty object",
  async (t) => {
    const ips = [{ address: "10.1.2.3/24" }];
    for (const dns of [undefined, {}, { nameservers: [], domain: "" }]) {
      const result = dns === undefined ? { ips } : { ips, dns };
      for (const version of specVersions) {
        const expected = version.startsWith("1.") ? undefined : {};
        t.same(print(result, version)["dns"], expected, version);
      }
    }
  },
);

t.test("an empty result says nothing but its version", async (t) => {
  const empty: Result = { interfaces: [], ips: [], routes: [] };
  t.same(print(empty, "1.1.0"), { cniVersion: "1.1.0" });
  t.same(print(empty, "0.4.0"), { cniVersion: "0.4.0", dns: {} });
});

t.test("a result without addresses cannot be said in 0.1.0 and 0.2.0", async (t) => {
  for (const version of ["0.1.0", "0.2.0"] as const) {
    const error = failureOf(() => formatResult({ interfaces: [{ name: "eth0" }] }, version));
    t.equal(error.code, 1);
    t.equal(error.msg, "cannot convert: no valid IP addresses");
  }
});

t.test("0.1.0 and 0.2.0 drop the routes of a family that has no address", async (t) => {
  const result = {
    ips: [{ address: "10.1.2.3/24" }, { address: "10.1.2.4/24" }],
    routes: [{ dst: "::/0" }, { dst: "0.0.0.0/0" }],
  };
  t.same(print(result, "0.2.0"), {
    cniVersion: "0.2.0",
    ip4: { ip: "10.1.2.3/24", routes: [{ dst: "0.0.0.0/0" }] },
    dns: {},
  });
});

t.test("the first two versions are read as one address a family, IPv4 first", async (t) => {
  const document = {
    cniVersion: "0.2.0",
    ip6: { ip: "2001:db8::3/64", routes: [{ dst: "::/0", gw: "2001:db8::1" }] },
    ip4: { ip: "10.1.2.3/24", gateway: "10.1.2.1", routes: [{ dst: "0.0.0.0/0" }] },
    dns: { domain: "local" },
  };
  t.same(parseResult(document, "1.1.0"), {
    ips: [{ address: "10.1.2.3/24", gateway: "10.1.2.1" }, { address: "2001:db8::3/64" }],
    routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0", gw: "2001:db8::1" }],
    dns: { domain: "local" },
  });
});

t.test("an interface index of 0 survives, a missing one stays missing", async (t) => {
  const ips = [{ address: "10.1.2.3/24", interface: 0 }, { address: "10.1.2.4/24" }];
  for (const version of ["0.3.0", "0.4.0", "1.0.0", "1.1.0"] as const) {
    t.same(parseResult(print({ ips }, version), version).ips, ips);
  }
});

t.test("addresses are printed in the one form that Go has for them", async (t) => {
  const document = {
    ips: [{ address: "2001:DB8:0:0::3/64", gateway: "::FFFF:10.1.2.1" }],
    routes: [{ dst: "::ffff:10.0.0.0/104" }],
  };
  t.same(parseResult(document, "1.1.0"), {
    ips: [{ address: "2001:db8::3/64", gateway: "10.1.2.1" }],
    routes: [{ dst: "10.0.0.0/8" }],
  });
});

t.test("a delegate's result without a version has that of the configuration", async (t) => {
  const ip4 = { ip: "10.1.2.3/24" };
  for (const cniVersion of [{}, { cniVersion: "" }, { cniVersion: null }]) {
    t.same(parseResult({ ...cniVersion, ip4 }, "0.2.0"), { ips: [{ address: "10.1.2.3/24" }] });
    t.same(parseResult({ ...cniVersion, ip4 }, "1.0.0"), {});
  }
  t.match(
    failureText(() => parseResult({ cniVersion: "2.0.0" }, "1.0.0")),
    '1 unsupported CNI result version "2.0.0"',
  );
});

t.test("what a result cannot contain is named, with what would be right", async (t) => {
  const cases: readonly (readonly [JsonObject, string])[] = [
    [{ ips: {} }, '"ips" must be a list, not the object {}'],
    [{ ips: ["10.1.2.3/24"] }, '"ips[0]" must be an object, not "10.1.2.3/24"'],
    [{ ips: [{}] }, '"ips[0].address" is missing, it must be a CIDR such as "10.1.2.3/24"'],
    [{ ips: [{ address: "10.1.2.3" }] }, '"ips[0].address" must be a CIDR'],
    [{ ips: [{ address: "010.1.2.3/24" }] }, '"ips[0].address" must be a CIDR'],
    [{ ips: [{ address: "fe80::1%eth0/64" }] }, '"ips[0].address" must be a CIDR'],
    [{ ips: [{ address: 5 }] }, '"ips[0].address" must be a string, not 5'],
    [
      { ips: [{ address: "10.1.2.3/24", gateway: "10.1.2" }] },
      '"ips[0].gateway" must be an IP address such as "10.1.2.3", not "10.1.2"',
    ],
    [{ ips: [{ address: "10.1.2.3/24", interface: "0" }] }, '"ips[0].interface" must be a whole'],
    [{ routes: [{ gw: "10.1.2.1" }] }, '"routes[0].dst" is missing'],
    [{ routes: [{ dst: "::/0", mtu: 1.5 }] }, '"routes[0].mtu" must be a whole number, not 1.5'],
    [{ interfaces: [{ name: 1 }] }, '"interfaces[0].name" must be a string, not 1'],
    [{ dns: { nameservers: "8.8.8.8" } }, '"dns.nameservers" must be a list of strings'],
  ];
  for (const [document, text] of cases) {
    t.match(
      failureText(() => parseResult(document, "1.1.0")),
      `6 ${text}`,
    );
  }
});

t.test("prevResult has the shape of the configuration's version", async (t) => {
  const given = (prevResult: JsonObject) => ({ prevResult });
  const ips = [{ address: "10.1.2.3/24", version: "4" }];
  const read = { ips: [{ address: "10.1.2.3/24" }] };
  t.equal(parsePrevResult({ prevResult: null }, "1.0.0"), undefined);
  t.same(parsePrevResult(given({ ips }), "1.0.0"), read, "without a version");
  t.same(parsePrevResult(given({ cniVersion: "0.3.1", ips }), "0.4.0"), read, "of the same shape");
  t.equal(
    failureText(() => parsePrevResult(given({ cniVersion: "0.2.0", ips }), "1.0.0")),
    "7 could not parse prevResult: result type supports [1.0.0 1.1.0] but unmarshalled " +
      'CNIVersion is "0.2.0"',
  );
  t.match(
    failureText(() => parsePrevResult(given({ ips: [{ address: "x" }] }), "1.0.0")),
    '7 could not parse prevResult: "prevResult.ips[0].address" must be a CIDR',
  );
});

// Properties

const text = fc.string({ minLength: 1, maxLength: 8 });
const strings = fc.array(text, { minLength: 1, maxLength: 3 });
const positive = fc.integer({ min: 1, max: 65_536 });
const some = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(shape, { requiredKeys: [], noNullPrototype: true });

const canonicalAddress = anyAddress.filter(({ family, value }) => family === 4 || !isMapped(value));
const addressText = canonicalAddress.map(formatAddress);
const cidrText = canonicalAddress.chain((address) =>
  fc.nat(bitsOf(address.family)).map((length) => `${formatAddress(address)}/${length}`),
);

const anyInterface = fc
  .record({ name: text })
  .chain(({ name }) => some({ mac: text, sandbox: text }).map((rest) => ({ name, ...rest })));
const anyIp = cidrText.chain((address) =>
  some({ gateway: addressText, interface: fc.nat(3) }).map((rest) => ({ address, ...rest })),
);
const anyRoute = cidrText.chain((dst) =>
  some({
    gw: addressText,
    mtu: positive,
    advmss: positive,
    priority: positive,
    table: fc.nat(),
    scope: fc.nat(255),
  }).map((rest) => ({ dst, ...rest })),
);
const anyDns = some({ nameservers: strings, domain: text, search: strings, options: strings });
const list = <T>(element: fc.Arbitrary<T>) => fc.array(element, { minLength: 1, maxLength: 3 });

/** What all versions since 0.3.0 can say. */
const anyResult: fc.Arbitrary<Result> = some({
  interfaces: list(anyInterface),
  ips: list(anyIp),
  routes: list(anyRoute),
  dns: anyDns.filter((dns) => Object.keys(dns).length > 0),
});

t.test("nothing is lost between the versions since 0.3.0, in any order", async () => {
  const modern = fc.constantFrom(...specVersions.filter((version) => version >= "0.3"));
  fc.assert(
    fc.property(anyResult, fc.array(modern, { minLength: 1, maxLength: 5 }), (result, versions) => {
      let passed = result;
      for (const version of versions) passed = parseResult(print(passed, version), "1.1.0");
      return isDeepStrictEqual(passed, result);
    }),
  );
});

t.test("what 0.1.0 can say survives any conversion", async () => {
  const anyVersion = fc.constantFrom(...specVersions);
  fc.assert(
    fc.property(anyResult, fc.array(anyVersion, { maxLength: 5 }), (result, versions) => {
      fc.pre((result.ips ?? []).length > 0);
      const first = parseResult(print(result, "0.1.0"), "0.1.0");
      let passed = first;
      for (const version of versions) passed = parseResult(print(passed, version), version);
      return isDeepStrictEqual(passed, first);
    }),
  );
});
