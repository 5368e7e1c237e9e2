import t from "tap";
import { createLab } from "./lab.ts";
import { ask, type Endpoint, serve } from "./traffic.ts";

t.test("a server in one namespace tells who asked from another", async (t) => {
  const lab = createLab(t);
  const outside = lab.outside();
  const endpoints: Endpoint[] = [
    { protocol: "tcp", address: outside.ipv4, port: 8080 },
    { protocol: "udp", address: outside.ipv4, port: 8080 },
    { protocol: "tcp", address: outside.ipv6, port: 8080 },
    { protocol: "udp", address: outside.ipv6, port: 8080 },
  ];
  await serve(t, outside.namespace, ...endpoints);
  for (const endpoint of endpoints) {
    const address = endpoint.address === outside.ipv4 ? outside.hostIpv4 : outside.hostIpv6;
    t.match(ask(lab.host, endpoint), { address }, JSON.stringify(endpoint));
  }
});

t.test("where nobody listens there is no answer", async (t) => {
  const lab = createLab(t);
  const { ipv4, ipv6 } = lab.outside();
  t.equal(ask(lab.host, { protocol: "tcp", address: ipv4, port: 81 }), undefined);
  t.equal(ask(lab.host, { protocol: "udp", address: ipv6, port: 81 }, 0.5), undefined);
});
