import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dnatChain, masqueradeChain } from "../../lib/firewall/iptables/names.ts";
import { type Guest, type Population, publishedPort } from "./beside.ts";
import { addressesOf, call, type Json } from "./call.ts";
import { chainSteps, network, startOf, stopOf } from "./rounds.ts";
import { run } from "./world.ts";

/** What the rules and the lease of one attachment have that no other's have. */
interface Identity {
  readonly containerId: string;
  readonly address: string;
  readonly hostPort: number;
}

/** An attachment that the suite has made. */
interface Model extends Identity {
  /** Those of its own, as `iptables-save` prints them, with its chains. */
  readonly rules: string;
}

/** Time grows with the square of what one transaction of iptables-nft adds. */
const AT_ONCE = 1_000;

/**
 * Attachments of the suite that ours is measured against: of its chain, it makes one, and the others
 * are copies of what that leaves in iptables and in host-local's directory. Ten thousand of its own
 * calls would take hours.
 *
 * @returns undefined for a suite whose rules are not in iptables, or in chains of other names
 */
export function findReplicas(guest: Guest): Population | undefined {
  const model = makeModel(guest);
  if (model.rules === "") return undefined;
  const before = saveRules();
  const leases = join(guest.setting.dataDir, network);
  const replicas: Identity[] = [];
  return {
    grow(size) {
      while (replicas.length < size) {
        const end = Math.min(size, replicas.length + AT_ONCE);
        const more = identities(replicas.length, end);
        for (const each of more) lease(leases, each);
        restoreRules(formatTable(more.map((each) => rulesOf(each, model))), "--noflush");
        replicas.push(...more);
      }
      return replicas.map(({ containerId }) => ({ containerID: containerId, ifname: "eth0" }));
    },
    clear() {
      restoreRules(before);
      rmSync(leases, { recursive: true });
    },
  };
}

function makeModel({ suite, pod, setting }: Guest): Model {
  const port = publishedPort(0);
  const steps = chainSteps(setting, [port]);
  let prevResult: Json = {};
  for (const step of steps) prevResult = call(suite, startOf(step, prevResult, pod)).result;
  const saved = saveRules();
  for (const step of steps.toReversed()) call(suite, stopOf(step, prevResult, pod));
  const [address = ""] = addressesOf(prevResult).map((cidr) => cidr.split("/")[0] ?? "");
  const identity = { containerId: pod.containerId, address, hostPort: port.hostPort };
  return { ...identity, rules: pickRules(saved, identity) };
}

function pickRules(saved: string, { containerId }: Identity): string {
  const chains = chainsOf(containerId);
  const lines = saved.split("\n").filter((line) => chains.some((chain) => line.includes(chain)));
  return lines.join("\n");
}

/** The container ID is part of the hash in both names. */
function chainsOf(containerId: string): string[] {
  const owner = { network, containerId };
  return [masqueradeChain(owner), dnatChain(owner)];
}

function rulesOf(replica: Identity, { rules, ...model }: Model): string {
  const words = wordsOf(replica);
  return wordsOf(model).reduce(
    (text, word, index) => text.replaceAll(word, words[index] ?? word),
    rules,
  );
}

/** Hashes last, since the digits of a port may be in one. */
function wordsOf({ containerId, address, hostPort }: Identity): string[] {
  return [`${hostPort}`, address, containerId, ...chainsOf(containerId)];
}

function identities(from: number, to: number): Identity[] {
  return Array.from({ length: to - from }, (_, offset) => {
    const index = from + offset;
    return {
      containerId: `resident-${index}`,
      address: `10.65.${index >> 8}.${index & 255}`,
      hostPort: publishedPort(index).hostPort,
    };
  });
}

/** Leaves what host-local leaves when it grants an address. */
function lease(directory: string, { containerId, address }: Identity): void {
  writeFileSync(join(directory, address), `${containerId}\r\neth0`);
  writeFileSync(join(directory, "last_reserved_ip.0"), address);
}

function formatTable(rules: readonly string[]): string {
  return `*nat\n${rules.join("\n")}\nCOMMIT\n`;
}

function saveRules(): string {
  return run("iptables-save", "--table", "nat");
}

function restoreRules(text: string, ...options: readonly string[]): void {
  const file = "/var/lib/cni/rules"; // in a folder that nobody else sees
  writeFileSync(file, text);
  run("iptables-restore", ...options, file);
}
