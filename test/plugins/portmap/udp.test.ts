import t from "tap";
import { createLab, type Lab } from "../../support/lab.ts";
import { backends, publish, publishingNetwork } from "./networks.ts";

t.setTimeout(170_000);

/** Makes the host remember a flow; `more` says who answers, if that is somebody else. */
function remember(lab: Lab, destination: string, port: number, more: readonly string[] = []): void {
  const source = destination.includes(":") ? "2001:db8:100::2" : "198.51.100.2";
  const protocol = more.includes("--state") ? "tcp" : "udp";
  const flow = ["-s", source, "-d", destination, "--sport", "4000", "--dport", String(port)];
  lab.host.exec("conntrack", "-I", "-p", protocol, ...flow, "-t", "600", ...more);
}

/** @returns protocol, destination and port of every flow that the host remembers */
function flows(lab: Lab): string[] {
  const list = (family: string) => lab.host.exec("conntrack", "-L", "-f", family);
  return [...list("ipv4").split("\n"), ...list("ipv6").split("\n")]
    .map((line) => /^(\w+) .*? dst=(\S+) sport=4000 dport=(\d+)/.exec(line)?.slice(1).join(" "))
    .filter((flow) => flow !== undefined)
    .sort();
}

for (const backend of backends) {
  t.test(`${backend}: publishing a UDP port ends the flows to it, and no others`, (t) => {
    const lab = createLab(t);
    lab.outside();
    const chain = lab.chain(publishingNetwork({ backend }));
    const [first, web] = [lab.container("first"), lab.container("web")];
    chain.add(first, publish("10.88.0.1:53:53/udp"));
    remember(lab, "198.51.100.1", 53);
    remember(lab, "2001:db8:100::1", 53);
    remember(lab, "198.51.100.1", 54);
    remember(lab, "198.51.100.1", 53, ["--state", "ESTABLISHED"]);
    remember(lab, "192.0.2.9", 53); // only passes through
    remember(lab, "2001:db8:9::9", 53);
    remember(lab, "198.51.100.1", 5353); // the container's port, not the host's
    remember(lab, "198.51.100.1", 1053);
    remember(lab, "127.0.0.1", 1053);
    const before = flows(lab);
    t.equal(before.length, 9);

    chain.add(web, publish("53:5353/udp", "198.51.100.1:1053:53/udp"));
    const ended = before.filter((flow) => !flows(lab).includes(flow));
    t.same(ended, ["udp 198.51.100.1 1053", "udp 198.51.100.1 53", "udp 2001:db8:100::1 53"]);
    t.end();
  });

  t.test(`${backend}: DEL ends the flows to the container, and no others`, (t) => {
    const lab = createLab(t);
    lab.outside();
    const chain = lab.chain(publishingNetwork({ backend }));
    const web = lab.container("web");
    chain.add(web, publish("53:5353/udp"));
    const from = (address: string, port: string) => ["-r", address, "--reply-port-src", port];
    remember(lab, "198.51.100.1", 53, [
      ...from("10.88.0.2", "5353"),
      ...["-q", "198.51.100.2", "--reply-port-dst", "4000"],
    ]);
    remember(lab, "198.51.100.9", 53, [
      ...from("10.88.0.9", "5353"),
      ...["-q", "198.51.100.2", "--reply-port-dst", "4000"],
    ]);
    remember(lab, "192.0.2.9", 53);
    t.equal(flows(lab).length, 3);
    chain.del(web);
    t.same(flows(lab), ["udp 192.0.2.9 53", "udp 198.51.100.9 53"]);
    t.end();
  });
}

t.test("a port of all addresses leaves the flows to the address that has one of its own", (t) => {
  const lab = createLab(t);
  lab.outside();
  const chain = lab.chain(publishingNetwork());
  const [first, second] = [lab.container("first"), lab.container("second")];
  chain.add(first, publish("198.51.100.1:53:53/udp"));
  remember(lab, "198.51.100.1", 53);
  remember(lab, "10.88.0.1", 53);
  chain.add(second, publish("53:53/udp"));
  t.same(flows(lab), ["udp 198.51.100.1 53"]);
  t.end();
});
