import t from "tap";
import { backends, publish, publishingNetwork } from "../../plugins/portmap/networks.ts";
import { reachLoopbackOver } from "../../support/attacks.ts";
import { createLab, patchbay } from "../../support/lab.ts";
import { ask, type Endpoint, serve } from "../../support/traffic.ts";

t.setTimeout(570_000);

const flushes = {
  nftables: "nft flush ruleset",
  iptables: "for t in nat mangle filter raw; do iptables -t $t -F; iptables -t $t -X; done",
};

function tcp(address: string, port: number): Endpoint {
  return { protocol: "tcp", address, port };
}

for (const backend of backends) {
  t.test(`${backend}: after a reload what was open is open, and nothing else`, async (t) => {
    const lab = createLab(t);
    const { namespace: outside, hostIpv4 } = lab.outside();
    const chain = lab.chain(publishingNetwork({ backend }));
    const [web, gone] = [lab.container("web"), lab.container("gone")];
    chain.add(web, publish("127.0.0.1:8080:80", "8081:80"));
    chain.add(gone, publish("8082:80"));
    chain.del(gone, publish("8082:80"));
    await serve(t, lab.host, tcp("127.0.0.1", 9000));
    await serve(t, web, tcp("0.0.0.0", 80));

    lab.host.shell(flushes[backend]);
    t.equal(ask(outside, tcp(hostIpv4, 8081), 0.5), undefined, "the rules are gone");
    lab.runOnHost([`${patchbay}/patchbay`, "reload"]);

    t.match(ask(outside, tcp(hostIpv4, 8081)), {}, "the published port is back");
    t.match(ask(lab.host, tcp("127.0.0.1", 8080)), {}, "also that of the node's own");
    t.equal(ask(outside, tcp(hostIpv4, 8080), 0.5), undefined, "which is nobody else's");
    t.equal(ask(outside, tcp(hostIpv4, 8082), 0.5), undefined, "what was deleted stays closed");
    reachLoopbackOver(outside, hostIpv4);
    t.equal(ask(outside, tcp("127.0.0.1", 8080), 0.5), undefined, "127.0.0.1 is guarded again");
    t.equal(ask(outside, tcp("127.0.0.1", 9000), 0.5), undefined);
  });
}
