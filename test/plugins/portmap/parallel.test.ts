import { execa } from "execa";
import t from "tap";
import { createLab, type Lab, patchbay } from "../../support/lab.ts";
import { configOf, makeBridge, type Published, ruleset } from "./host.ts";
import { backends } from "./networks.ts";

t.setTimeout(570_000); // as long as a file may take, with the machine busy elsewhere

const networks = ["web", "admin", "storage"];

/** Starts all calls at once. @returns what those said that failed */
async function callAll(lab: Lab, verb: string, all: readonly Published[]): Promise<string[]> {
  const outcomes = await Promise.all(
    all.map((published) => {
      const [program = "", ...args] = lab.host.command(`${patchbay}/portmap`);
      return execa(program, args, {
        input: JSON.stringify(configOf(published)),
        reject: false,
        env: {
          CNI_COMMAND: verb,
          CNI_CONTAINERID: published.containerId ?? "",
          CNI_NETNS: published.container.path,
          CNI_IFNAME: "eth0",
          CNI_PATH: patchbay,
        },
      });
    }),
  );
  return outcomes
    .filter(({ exitCode }) => exitCode !== 0)
    .map(({ stdout, stderr }) => stdout + stderr);
}

/** By iptables they take turns, of several processes each, and wait a minute for theirs at most. */
const counts = { nftables: 64, iptables: 24 } as const;

for (const backend of backends) {
  const count = counts[backend];
  t.test(
    `${backend}: ${count} containers of three networks at once, on a host without rules`,
    async (t) => {
      const lab = createLab(t);
      makeBridge(lab);
      const container = lab.container("all");
      const all = Array.from({ length: count }, (_, index) => ({
        container,
        containerId: `c${index}`,
        network: networks[index % networks.length] ?? "",
        number: index + 2,
        ports: [`${8000 + index}:80`, `${8000 + index}:53/udp`],
        config: { backend },
      }));
      const before = lab.snapshot();
      t.same(await callAll(lab, "ADD", all), []);
      const made = backend === "nftables" ? ruleset(lab) : lab.host.exec("iptables-save");
      const isMissing = (id: string) => !new RegExp(`[/"]${id}[/\\\\"]`).test(made);
      t.same(all.map(({ containerId }) => containerId).filter(isMissing), []);

      // The old ones go while new ones come.
      const old = all.slice(0, count / 2);
      const young = old.map((each) => ({
        ...each,
        containerId: `young-${each.containerId}`,
        number: each.number + count,
        ports: each.ports.map((port) => port.replace(/^8/, "9")),
      }));
      const mixed = await Promise.all([callAll(lab, "DEL", old), callAll(lab, "ADD", young)]);
      t.same(mixed, [[], []]);
      t.same(await callAll(lab, "DEL", [...all, ...young]), []);
      if (backend === "nftables") t.equal(lab.snapshot(), before);
      else t.notMatch(lab.host.exec("iptables-save"), "CNI-");
    },
  );
}

t.test("of those who want one port at the same time, one gets it", async (t) => {
  const lab = createLab(t);
  makeBridge(lab);
  const container = lab.container("all");
  const all = Array.from({ length: 16 }, (_, index) => ({
    container,
    containerId: `c${index}`,
    number: index + 2,
    ports: ["8080:80"],
  }));
  const failures = await callAll(lab, "ADD", all);
  t.equal(failures.length, 15);
  t.ok(failures.every((text) => /host port 8080\/tcp is taken/.test(text)));
  t.same(await callAll(lab, "DEL", all), []);
  t.equal(ruleset(lab), "");
});
