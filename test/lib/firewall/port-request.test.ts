import t from "tap";
import {
  isOnLoopback,
  needsRouteLocalnet,
  type PortMapping,
  type PortRequest,
  splitByFamily,
} from "../../../lib/firewall/port-request.ts";

function request(...hostIps: (string | undefined)[]): PortRequest {
  const mappings = hostIps.map((hostIp, index): PortMapping => {
    const mapping = { protocol: "tcp", hostPort: 8000 + index, containerPort: 80 } as const;
    return hostIp === undefined ? mapping : { ...mapping, hostIp };
  });
  return {
    addresses: ["10.88.0.2/24", "fd00:88::2/64"],
    mappings,
    snat: true,
    masqAll: false,
    conditions: {},
    links: {},
    markBit: 13,
  };
}

/** @returns the host ports that are published in each family */
function ports(...hostIps: (string | undefined)[]): Record<number, number[]> {
  return Object.fromEntries(
    splitByFamily(request(...hostIps)).map(({ family, mappings }) => [
      family,
      mappings.map(({ hostPort }) => hostPort),
    ]),
  );
}

t.test("a mapping counts in the family of its host address, without one in both", (t) => {
  t.same(ports(undefined, ""), { 4: [8000, 8001], 6: [8000, 8001] });
  t.same(ports("192.0.2.1", "2001:db8::1"), { 4: [8000], 6: [8001] });
  t.same(ports("0.0.0.0", "::"), { 4: [8000], 6: [8001] });
  t.same(ports("::ffff:192.0.2.1"), { 4: [8000], 6: [] }, "an IPv4 address in disguise");
  t.end();
});

t.test("an unspecified address stands for all of its family", (t) => {
  for (const { mappings } of splitByFamily(request("0.0.0.0", "::"))) {
    t.equal(mappings[0]?.hostAddress, undefined);
  }
  t.end();
});

t.test(
  "127.0.0.1 needs its setting when a port can be reached by it, and the network wants it",
  (t) => {
    const needs = (hostIp: string | undefined, snat = true) => {
      const whole = { ...request(hostIp), snat };
      return splitByFamily(whole).map((part) => needsRouteLocalnet(part, whole));
    };
    t.same(needs(undefined), [true, false]);
    t.same(needs("127.0.0.1"), [true, false]);
    t.same(needs("127.0.0.53"), [true, false]);
    t.same(needs("192.0.2.1"), [false, false]);
    t.same(needs("::"), [false, false]);
    t.same(needs(undefined, false), [false, false]);
    t.equal(splitByFamily(request()).some(isOnLoopback), false);
    t.end();
  },
);
