import t from "tap";
import { describeLease, parseLease } from "../../../lib/cni/lease.ts";
import { formatCidr } from "../../../lib/ip/cidr.ts";
import { gatewayAddresses, planGateways } from "../../../plugins/bridge/gateway.ts";

const config = { isGateway: true, isDefaultGateway: false, forceAddress: false };

function plan(lease: Parameters<typeof parseLease>[0], isDefaultGateway = false, isGateway = true) {
  return describeLease(
    planGateways(parseLease(lease), { ...config, isGateway, isDefaultGateway }),
    2,
  );
}

t.test("an IP without a gateway gets its subnet's first address", (t) => {
  const { ips } = plan({ ips: [{ address: "10.1.2.9/24" }, { address: "2001:db8::9/64" }] });
  t.match(ips, [
    { address: "10.1.2.9/24", gateway: "10.1.2.1", interface: 2 },
    { address: "2001:db8::9/64", gateway: "2001:db8::1", interface: 2 },
  ]);
  t.end();
});

t.test("without isGateway nothing is added", (t) => {
  const lease = { ips: [{ address: "10.1.2.9/24" }], routes: [{ dst: "10.9.0.0/16" }] };
  t.same(plan(lease, false, false), {
    ips: [{ address: "10.1.2.9/24", interface: 2 }],
    routes: [{ dst: "10.9.0.0/16" }],
  });
  t.end();
});

t.test("isDefaultGateway adds one default route for each family", (t) => {
  const ips = ["10.1.2.9/24", "2001:db8::9/64", "2001:db8:1::9/64"].map((address) => ({ address }));
  t.same(plan({ ips }, true).routes, [
    { dst: "0.0.0.0/0", gw: "10.1.2.1" },
    { dst: "::/0", gw: "2001:db8::1" },
  ]);
  t.end();
});

t.test("a default route from IPAM is not doubled, with a gateway or without", (t) => {
  const ips = [{ address: "10.1.2.9/24" }];
  for (const route of [{ dst: "0.0.0.0/0" }, { dst: "0.0.0.0/0", gw: "10.1.2.7" }]) {
    t.same(plan({ ips, routes: [route] }, true).routes, [route]);
  }
  t.end();
});

t.test("the host has each gateway once, with the prefix of the subnet", (t) => {
  const lease = parseLease({
    ips: [
      { address: "10.1.2.9/24", gateway: "10.1.2.1" },
      { address: "10.1.2.10/24", gateway: "10.1.2.1" },
      { address: "2001:db8::9/64", gateway: "2001:db8::1" },
      { address: "10.3.0.1/16" },
    ],
  });
  t.same(gatewayAddresses(lease).map(formatCidr), ["10.1.2.1/24", "2001:db8::1/64"]);
  t.end();
});
