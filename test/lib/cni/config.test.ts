import fc from "fast-check";
import t from "tap";
import * as z from "zod/mini";
import { parseConfig } from "../../../lib/cni/config.ts";
import { configShape } from "../../../lib/cni/config-shape.ts";
import type { JsonObject, JsonValue } from "../../../lib/cni/json.ts";
import { failureOf } from "../../support/cni-error.ts";

const vlan = z.int().check(z.lte(4094, "VLAN IDs end at 4094"));

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
  servers: z.optional(z.union([z.string(), z.array(z.string()).check(z.minLength(1))])),
  weight: z.optional(z.number()),
  runtimeConfig: z._default(
    z.object({ portMappings: z.optional(z.array(z.object({ hostPort: z.int() }))) }),
    {},
  ),
});

const shape = configShape(schema);

function parse(document: JsonObject): { config: z.output<typeof schema>; warnings: string[] } {
  const warnings: string[] = [];
  const config = parseConfig(shape, document, { warn: (line) => warnings.push(line) });
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
      [{ servers: 1 }, '"servers" must be a string or a list, not 1'],
      [{ servers: [1] }, '"servers[0]" must be a string, not 1'],
      [{ servers: [] }, '"servers" must be a list of at least 1, not the list []'],
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

/** Values that often fit, and often do not. */
const { value } = fc.letrec<{ readonly value: JsonValue; readonly object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonValue>(null, true, "bridge", "x", 0, 68, 4094, 4095, 1.5, -1, 1e300),
    fc.integer({ min: 60, max: 5000 }),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(
    fc.constantFrom("hostPort", "id", "minID", "nameservers", "portMappings", "x"),
    tie("value"),
    { maxKeys: 4 },
  ),
}));

const document = fc.dictionary(fc.constantFrom(...Object.keys(schema._zod.def.shape), "x"), value);

/** As Go sees it. */
function withoutNulls(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const members = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(members.map(([key, each]) => [key, withoutNulls(each)]));
}

t.test("any document is accepted, refused and completed as zod would do it", async (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(document, (document) => {
      const byZod = z.safeParse(schema, withoutNulls(document));
      if (byZod.success) {
        accepted += 1;
        t.same(parse(document).config, byZod.data);
      } else {
        t.equal(failureOf(() => parse(document)).code, 7);
      }
      return t.passing();
    }),
    { numRuns: 500 },
  );
  t.ok(accepted > 50);
});

t.test("what may be anything is left as it is", async (t) => {
  const shape = configShape(z.object({ extra: z.any() }));
  t.same(parseConfig(shape, { EXTRA: [null, { A: null }] }), { extra: [null, { A: null }] });
  t.same(parseConfig(shape, {}), {});
});

t.test("a schema that says more than can be checked is refused when it is prepared", async (t) => {
  const schemas = {
    "a refinement": z.string().check(z.refine((text) => text.startsWith("/"))),
    "a text in a certain format": z.ipv4(),
    "a transformation": z.pipe(
      z.string(),
      z.transform((text) => text.length),
    ),
    "a strict object": z.strictObject({}),
    "null as a value": z.nullable(z.string()),
    "an exclusive limit": z.int().check(z.lt(5)),
    "two limits that contradict": z.int().check(z.lte(5), z.lte(6)),
    "a number of few bits": z.uint32(),
    "a union of objects": z.union([z.object({}), z.object({ a: z.string() })]),
    "a default for a value that is transformed": z.prefault(z.string(), ""),
  };
  for (const [what, schema] of Object.entries(schemas)) {
    t.throws(() => configShape(z.object({ key: z.optional(schema) })), TypeError, what);
  }
});
