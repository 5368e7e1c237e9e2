import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Test } from "tap";
import { createLab, type Lab, patchbay } from "../../support/lab.ts";
import { differenceOf } from "../support/difference.ts";
import { HostShell } from "../support/host-shell.ts";
import { type Call, judge, parseLog } from "./calls.ts";
import { describeIpam, type Member, networks, validAttachments } from "./members.ts";

export interface Survived {
  readonly calls: readonly Call[];
  readonly complaints: readonly string[];
}

/** Lets a crowd at a node that has never seen a container, and looks at what is left. */
export async function letCrowdAt(
  t: Pick<Test, "teardown">,
  members: readonly Member[],
  { seconds, seed }: { readonly seconds: number; readonly seed: number },
): Promise<Survived> {
  const isBusy = (loadavg()[0] ?? 0) > availableParallelism();
  const lab = createLab(t);
  const folder = writeInputs(lab, members);
  const shell = HostShell.start(lab, {
    CNI_PATH: patchbay,
    FOLDER: folder,
    NAMESPACES: `/run/netns/${prefixOf(lab)}`,
  });
  t.teardown(() => shell.end());
  const names = [...new Set(members.map(({ number }) => `${prefixOf(lab)}-${number}`))];
  await makeContainers(t, shell, names);
  const before = lab.snapshot();

  const script = resolve("test/hardening/crowds/container.sh");
  const { output } = await shell.run(
    [...members.map((each) => `bash ${script} ${argsOf(each, seconds, seed)} &`), "wait"].join(
      "\n",
    ),
  );
  const calls = readLogs(folder);
  await shell.run(networks.map((name) => `ip link delete ${name}`).join("\n"));
  const left = differenceOf(before, lab.snapshot());
  const complaints = [output, ...judge(calls, { isBusy }), left].filter((text) => text !== "");
  return { calls, complaints };
}

/** Like the host's, so that the runner takes away what a crash leaves. */
function prefixOf({ host }: Lab): string {
  return `${host.name}-crowd`;
}

async function makeContainers(
  t: Pick<Test, "teardown">,
  shell: HostShell,
  names: readonly string[],
): Promise<void> {
  t.teardown(() => shell.run(names.map((name) => `ip netns delete ${name}`).join("\n")));
  await shell.run(`
    echo 1 > /proc/sys/net/ipv4/ip_forward
    echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
    ${names.map((name) => `ip netns add ${name}`).join("\n")}`);
}

function writeInputs(lab: Lab, members: readonly Member[]): string {
  const folder = join(dirname(lab.stateDir), "crowd");
  mkdirSync(folder);
  for (const network of new Set(members.map((each) => each.network))) {
    writeFileSync(join(folder, `ipam-${network}`), describeIpam(network, members));
  }
  writeFileSync(join(folder, "valid"), validAttachments(members));
  return folder;
}

function argsOf(
  { name, number, habit, network, bridge }: Member,
  seconds: number,
  seed: number,
): string {
  return [name, number, habit, network, bridge, seconds, seed + number].join(" ");
}

function readLogs(folder: string): Call[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith("log-"))
    .flatMap((name) =>
      parseLog(name.slice("log-".length), readFileSync(join(folder, name), "utf8")),
    );
}
