import t from "tap";
import { createLab } from "../../support/lab.ts";
import { call, makeBridge, ruleset, succeed } from "./host.ts";
import { backends } from "./networks.ts";

t.setTimeout(170_000);

for (const backend of backends) {
  const config = { backend };

  t.test(
    `${backend}: a port that another container has is refused, and nothing is left of the attempt`,
    (t) => {
      const lab = createLab(t);
      makeBridge(lab);
      const [a, b] = [lab.container("a"), lab.container("b")];
      const first = { container: a, ports: ["8080:80", "192.0.2.1:443:44"], config };
      succeed(lab, "ADD", first);
      const before = lab.snapshot();

      const second = { container: b, number: 3, ports: ["9090:90", "8080:80"], config };
      t.match(call(lab, "ADD", second).error, {
        code: 11,
        msg:
          'host port 8080/tcp is taken: container "container-a" (interface "eth0", network "web") ' +
          "publishes it",
      });
      t.equal(lab.snapshot(), before);

      const third = { container: b, number: 3, ports: ["9090:90", "192.0.2.1:443:44"], config };
      t.match(call(lab, "ADD", third).error, {
        code: 11,
        msg: /^host port 192\.0\.2\.1:443\/tcp is/,
      });
      t.equal(lab.snapshot(), before);

      succeed(lab, "DEL", first);
      succeed(lab, "ADD", second);
      t.end();
    },
  );

  t.test(
    `${backend}: the port of a container whose namespace is gone is free, although no DEL came`,
    (t) => {
      const lab = createLab(t);
      makeBridge(lab);
      const [old, young] = [lab.container("old"), lab.container("young")];
      const first = { container: old, ports: ["8080:80", "8081:81"], config };
      const second = { container: young, number: 3, ports: ["8080:80"], config };
      succeed(lab, "ADD", second);
      const lines = () => ruleset(lab).split("\n").sort();
      const wanted = lines();
      succeed(lab, "DEL", second);

      succeed(lab, "ADD", first);
      t.match(call(lab, "ADD", second).error, { code: 11 });
      old.delete();
      succeed(lab, "ADD", second);
      t.same(lines(), wanted);
      succeed(lab, "DEL", first);
      succeed(lab, "CHECK", second);
      t.end();
    },
  );
}

t.test("the same port of another protocol or another address is another port", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const ports = ["8080:80", "8080:80/udp", "192.0.2.1:8080:80", "192.0.2.2:8080:80"];
  ports.forEach((port, index) => {
    const container = lab.container(`c${index}`);
    succeed(lab, "ADD", { container, number: index + 2, ports: [port] });
  });
  t.match(ruleset(lab), "192.0.2.2 . tcp . 8080");
  t.end();
});

t.test("a late DEL of an old container leaves the new one its port", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [old, young] = [lab.container("old"), lab.container("young")];
  const first = { container: old, ports: ["8080:80"] };
  succeed(lab, "ADD", first);
  succeed(lab, "DEL", first);
  const second = { container: young, number: 3, ports: ["8080:80"] };
  succeed(lab, "ADD", second);
  succeed(lab, "DEL", first);
  succeed(lab, "CHECK", second);
  t.end();
});

t.test("a container with the address of one that is gone takes its place", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [old, young] = [lab.container("old"), lab.container("young")];
  const first = { container: old, ports: ["8080:80", "8081:81"] };
  const second = { container: young, ports: ["8080:80", "8082:82"] };
  succeed(lab, "ADD", second);
  const wanted = lab.snapshot();
  succeed(lab, "DEL", second);

  succeed(lab, "ADD", first); // and no DEL: the runtime was killed
  succeed(lab, "ADD", second);
  t.equal(lab.snapshot(), wanted);
  succeed(lab, "DEL", first);
  t.equal(lab.snapshot(), wanted, "a DEL that comes after all finds nothing of its own");
  t.end();
});

t.test("without records, DEL finds what it has to remove in the kernel", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [a, b] = [lab.container("a"), lab.container("b")];
  const before = lab.snapshot();
  const second = { container: b, number: 3, ports: ["9090:90"] };
  succeed(lab, "ADD", second);
  const between = ruleset(lab);
  const first = { container: a, ports: ["8080:80", "192.0.2.1:53:53/udp"] };
  succeed(lab, "ADD", first);
  lab.runOnHost(["sh", "-c", "rm -r /run/patchbay/*"]);
  succeed(lab, "DEL", first);
  t.equal(ruleset(lab), between);
  succeed(lab, "DEL", second);
  t.equal(lab.snapshot(), before);
  t.end();
});

t.test("DEL removes only elements of its own from a table that somebody else changed", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const first = { container: lab.container("a"), ports: ["8080:80", "8081:81"] };
  const second = { container: lab.container("b"), number: 3, ports: ["9090:90"] };
  succeed(lab, "ADD", first);
  succeed(lab, "ADD", second);
  lab.host.shell(`
    nft delete element inet patchbay ports_of_any_ip '{ tcp . 8080 }'
    nft add element inet patchbay ports_of_any_ip '{ tcp . 8080 : 10.88.0.77 . 7 }'
    nft flush set inet patchbay port_owners
  `);
  succeed(lab, "DEL", first);
  t.match(ruleset(lab), "tcp . 8080 : 10.88.0.77 . 7");
  t.notMatch(ruleset(lab), "container-a");
  t.end();
});

t.test("names that are too long for a comment still tell their owners apart", (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const [a, b] = [lab.container("a"), lab.container("b")];
  const long = "n".repeat(200);
  const first = { container: a, network: long, containerId: `${long}-1`, ports: ["8080:80"] };
  const second = { ...first, container: b, number: 3, containerId: `${long}-2`, ports: ["81:81"] };
  succeed(lab, "ADD", first);
  succeed(lab, "ADD", second);
  succeed(lab, "CHECK", first);
  succeed(lab, "DEL", first);
  succeed(lab, "CHECK", second);
  const elsewhere = lab.container("elsewhere");
  const { exitCode, stderr } = elsewhere.tryExec(["nft", "-f", "-"], { stdin: ruleset(lab) });
  t.equal(exitCode, 0, `nft can load what it shows: ${stderr}`);
  succeed(lab, "DEL", second);
  t.equal(ruleset(lab), "");
  t.end();
});
