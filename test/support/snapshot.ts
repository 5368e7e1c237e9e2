import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Namespace } from "./namespace.ts";

/**
 * What is asked of every namespace. Only what an administrator would call its state: no counters,
 * timers or link-layer states that change by themselves while a test looks on.
 */
const questions = [
  "ip -d link show",
  "ip address show",
  "ip -4 route show table all",
  "ip -6 route show table all",
  "ip -4 rule show",
  "ip -6 rule show",
  "ip neighbour show nud permanent",
  "ip neighbour show proxy",
  "bridge -d link show",
  "bridge vlan show",
  "bridge fdb show state permanent",
  "bridge fdb show state static",
  "tc qdisc show",
  "nft --stateless list ruleset",
  "iptables-legacy-save",
  "ip6tables-legacy-save",
];

const sysctls = [
  "ipv4/ip_forward",
  "ipv4/conf/*/forwarding",
  "ipv4/conf/*/arp_filter",
  "ipv4/conf/*/arp_notify",
  "ipv4/conf/*/proxy_arp",
  "ipv4/conf/*/route_localnet",
  "ipv4/conf/*/rp_filter",
  "ipv6/conf/*/accept_dad",
  "ipv6/conf/*/accept_ra",
  "ipv6/conf/*/disable_ipv6",
  "ipv6/conf/*/forwarding",
  "ipv6/conf/*/keep_addr_on_down",
];

/** One process a namespace, however many questions: each answer under its question. */
export const questionnaire: string = [
  ...questions.map((question) => `echo "# ${question}"; ${question} 2>&1 || true`),
  "echo '# sysctl'; cd /proc/sys/net",
  `grep -H . ${sysctls.join(" ")} || true`,
].join("\n");

/** What changes by itself, and what says no more than a neighbouring word. */
const unstable: readonly (readonly [RegExp, string])[] = [
  // Link state lags behind by up to a second: NO-CARRIER, LOWER_UP, "state UP".
  [/<([A-Z0-9,_-]*)>/g, "<$1>"],
  [/\b(NO-CARRIER|LOWER_UP|M-DOWN),?/g, ""],
  [/,>/g, ">"],
  [/ state (UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT)\b/g, ""],
  [/ state (forwarding|disabled|listening|learning|blocking) (priority)/g, " $2"],
  [/ (dadfailed|dynamic|linkdown|dead|tentative|optimistic)\b/g, ""],
  [
    / (hello_timer|tcn_timer|topology_change_timer|gc_timer|hold_timer|message_age_timer|forward_delay_timer) +[\d.]+/g,
    "",
  ],
  [/ (topology_change|topology_change_ack|topology_change_detected|tc_ack|config_pending) \d/g, ""],
  [/ expires \d+sec/g, ""],
  [/ (designated_(bridge|root|port|cost)|root_(id|port|path_cost)|bridge_id) \S+/g, ""],
  // A link's other end was in a namespace that goes just now.
  [/^Error: Peer netns reference is invalid\.\n/gm, ""],
  [/^# (Generated|Completed|Warning: table) .*\n/gm, ""],
  // They follow from the addresses, some only when duplicate address detection has ended.
  [/^(local|anycast|multicast) [0-9a-f:]+.* table local .*\n/gm, ""],
  [/^(33:33|01:00:5e):.* self permanent\n/gm, ""],
  [/^(:\S+ \S+) \[\d+:\d+\]$/gm, "$1"],
  [/ link-netnsid \d+/g, ""],
];

/** @returns the state of these namespaces and of the files that plugins keep, as text */
export function takeSnapshot(namespaces: readonly Namespace[], folders: readonly string[]): string {
  const parts = namespaces.map((namespace) => {
    return describeAnswers(namespace, namespace.shell(questionnaire));
  });
  return [...parts, "## files", ...folders.map(describeFiles)].join("\n");
}

/** @param answers what {@link questionnaire}, run inside, has printed */
export function describeAnswers({ name, role }: Namespace, answers: string): string {
  const own = answers.replaceAll(name, role);
  return `## ${role}\n${unstable.reduce((text, [pattern, by]) => text.replaceAll(pattern, by), own)}`;
}

/** host-local's lock, last address and index stay when all leases are gone: they own nothing. */
const unowned = /\/(lock|last_reserved_ip\.[^/]*|\.patchbay\/.*)$/;

/** @returns a line for each file that plugins keep below a folder */
export function describeFiles(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !unowned.test(path));
  return files
    .sort()
    .map(
      (path) => `${path.slice(folder.length + 1)}: ${JSON.stringify(readFileSync(path, "utf8"))}`,
    )
    .join("\n");
}
