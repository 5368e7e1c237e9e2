import fc from "fast-check";
import t from "tap";
import * as z from "zod/mini";
import { parseConfig } from "../../../lib/cni/config.ts";
import type { JsonObject } from "../../../lib/cni/json.ts";
import { failureOf } from "../../support/cni-error.ts";

const vlan = z.int().check(z.refine((id) => id <= 4094, "VLAN IDs end at 4094"));

/** Every kind of schema that a plugin uses. */
const schema = z.object({
  bridge: z._default(z.string(), "cni0"),
  mtu: z.optional(z.int().check(z.gte(68), z.lte(65_536))),
  vlan: z.optional(vlan),
  mode: z.optional(z.enum(["bridge", "private"])),
  isGateway: z._default(z.boolean(), false),
  vlanTrunk: z.optional(z.array(z.object({ id: z.optional(vlan), minID: z.optional(vlan) }))),
  dns: z.optional(z.object({ nameservers: z.optional(z.array(z.string())) })),
  sysctl: z.optional(z.record(z.string(), z.string())),
  runtimeConfig: z._default(
    z.object({ portMappings: z.optional(z.array(z.object({ hostPort: z.int() }))) }),
    {},
  ),
});

function parse(document: JsonObject): { config: z.output<typeof schema>; warnings: string[] } {
  const warnings: string[] = [];
  const config = parseConfig(schema, document, { warn: (line) => warnings.push(line) });
  return { config, warnings };
}

const defaults = { bridge: "cni0", isGateway: false, runtimeConfig: {} };

t.test("an empty configuration has the defaults", async (t) => {
  t.same(parse({}).config, defaults);
});

t.test("null is as good as absent, at any depth", async (t) => {
  const document = { bridge: null, mtu: null, dns: { nameservers: null }, sysctl: { a: null } };
  t.same(parse(document).config, { ...defaults, dns: {}, sysctl: {} });
});

t.test("keys match without regard to case, at any depth and inside lists", async (t) => {
  const document = {
    BRIDGE: "br1",
    IsGateWay: true,
    VLANTRUNK: [{ ID: 5 }, { minid: 6 }],
    RuntimeConfig: { PortMappings: [{ HostPort: 8080 }] },
  };
  t.same(parse(document), {
    config: {
      bridge: "br1",
      isGateway: true,
      vlanTrunk: [{ id: 5 }, { minID: 6 }],
      runtimeConfig: { portMappings: [{ hostPort: 8080 }] },
    },
    warnings: [],
  });
});

t.test("the keys of a map are its owner's and stay as they are", async (t) => {
  const sysctl = { "net.ipv4.conf.IFNAME.arp_filter": "1", MTU: "x" };
  t.same(parse({ sysctl }).config, { ...defaults, sysctl });
});

t.test("of several spellings of a key the last counts, as in Go, and is warned of", async (t) => {
  t.match(parse({ mtu: 1400, MTU: 1300 }), {
    config: { mtu: 1300 },
    warnings: ['warning: "mtu" is given twice: the last counts'],
  });
});

t.test("unknown keys are somebody else's: passed over in silence", async (t) => {
  const document = { type: "bridge", name: "n", cniVersion: "1.1.0", futureOption: {}, x: 1 };
  t.same(parse({ ...document, capabilities: {}, prevResult: {}, ipam: {} }), {
    config: defaults,
    warnings: [],
  });
});

t.test("a slip of the pen in a key is warned of", async (t) => {
  const cases: readonly (readonly [JsonObject, string, string])[] = [
    [{ isGatway: true }, "isGatway", "isGateway"],
    [{ isGatewya: true }, "isGatewya", "isGateway"],
    [{ vlans: 5 }, "vlans", "vlan"],
    [{ runtimConfig: {} }, "runtimConfig", "runtimeConfig"],
    [{ cniversion1: "1.0.0" }, "cniversion1", "cniVersion"],
    [{ dns: { nameserver: [] } }, "dns.nameserver", "dns.nameservers"],
    [
      { runtimeConfig: { portMappings: [{ hostPort: 1, hostprot: 2 }] } },
      "runtimeConfig.portMappings[0].hostprot",
      "runtimeConfig.portMappings[0].hostPort",
    ],
  ];
  for (const [document, written, meant] of cases) {
    const { warnings } = parse(document);
    t.same(warnings, [`warning: unknown key "${written}": did you mean "${meant}"?`]);
  }
});

t.test(
  "what cannot be is refused with code 7, the key, the value and what would be right",
  async (t) => {
    const cases: readonly (readonly [JsonObject, string])[] = [
      [{ mtu: "1500" }, '"mtu" must be a number, not "1500"'],
      [{ mtu: 1.5 }, '"mtu" must be a whole number, not 1.5'],
      [{ mtu: -1 }, '"mtu" must be at least 68, not -1'],
      [{ mtu: 1e9 }, '"mtu" must be at most 65536, not 1000000000'],
      [{ mtu: true }, '"mtu" must be a number, not true'],
      [{ isGateway: "true" }, '"isGateway" must be true or false, not "true"'],
      [{ isGateway: 1 }, '"isGateway" must be true or false, not 1'],
      [{ bridge: ["cni0"] }, '"bridge" must be a string, not the list ["cni0"]'],
      [{ bridge: {} }, '"bridge" must be a string, not the object {}'],
      [{ vlan: 4095 }, '"vlan" is 4095: VLAN IDs end at 4094'],
      [{ mode: "vepa" }, '"mode" must be "bridge" or "private", not "vepa"'],
      [{ vlanTrunk: { id: 1 } }, '"vlanTrunk" must be a list, not the object {"id":1}'],
      [{ vlanTrunk: [{ id: "1" }] }, '"vlanTrunk[0].id" must be a number, not "1"'],
      [{ VlanTrunk: [5] }, '"vlanTrunk[0]" must be an object, not 5'],
      [{ sysctl: { a: 1 } }, '"sysctl.a" must be a string, not 1'],
      [{ dns: { nameservers: "8.8.8.8" } }, '"dns.nameservers" must be a list, not "8.8.8.8"'],
      [
        { runtimeConfig: { portMappings: [{}] } },
        '"runtimeConfig.portMappings[0].hostPort" is missing, it must be a number',
      ],
    ];
    for (const [document, reason] of cases) {
      const { code, msg } = failureOf(() => parse(document));
      t.equal(code, 7);
      t.equal(msg, `invalid configuration: ${reason}`);
    }
  },
);

t.test("the first thing wrong is in the message, the others are in the details", async (t) => {
  const { msg, details } = failureOf(() => parse({ mtu: "a", vlan: 5000 }));
  t.equal(msg, 'invalid configuration: "mtu" must be a number, not "a"');
  t.equal(details, '"vlan" is 5000: VLAN IDs end at 4094');
});

t.test("keys that mean something to JavaScript mean nothing here", async (t) => {
  const document = JSON.parse('{"__proto__":{"mtu":1400},"constructor":{},"toString":1}');
  t.same(parse(document).config, defaults);
});

t.test("any document is parsed or refused, never anything else", async () => {
  const keys = [...Object.keys(schema._zod.def.shape), "MTU", "x", "__proto__"];
  const document = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(document, (value) => {
      try {
        const { config } = parse(JSON.parse(JSON.stringify(value)));
        return typeof config.bridge === "string";
      } catch (error) {
        return error instanceof Error && error.name === "CniError";
      }
    }),
  );
});
