import t from "tap";
import { bareRoot, type OddCall, OddNode } from "../support/odd-node.ts";

t.setTimeout(570_000);

const readOnlySysctls = `
  mount --bind /proc/sys /proc/sys
  mount -o remount,bind,ro /proc/sys`;
const forwarding = "sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1";
const withoutIpv6 = "mount -t tmpfs tmpfs /proc/sys/net/ipv6";
const ranges = [[{ subnet: "10.88.0.0/24" }]];
const ipv4Only = { ipam: { type: "host-local", ranges } };

/** portmap alone, for a container with an address. */
const publishing = {
  type: "portmap",
  runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
  prevResult: { cniVersion: "1.1.0", ips: [{ address: "10.88.0.9/24" }] },
};

/** As on a kernel without netfilter: the first socket is to rtnetlink, the second to nfnetlink. */
const noNetfilter =
  'strace -qq -o /dev/null -e trace=socket -e inject=socket:error=EPROTONOSUPPORT:when=2 "$PLUGIN"';

function fullDisk(path: string): string {
  return `
    mount -t tmpfs -o size=64k tmpfs ${path}
    dd if=/dev/zero of=${path}/filler bs=1k 2> /dev/null`;
}

/** Files of the same names in place of what is in a folder. */
function filesFor(path: string): string {
  return `
    names=$(ls ${path})
    mount -t tmpfs tmpfs ${path}
    for name in $names; do : > ${path}/$name; done`;
}

function readOnly(path: string): string {
  return `mount -o remount,bind,ro ${path}`;
}

/** No nf_tables, no program: nothing but what the executables bring along. */
const bare: OddCall = { setUp: bareRoot, command: 'chroot /media "$PLUGIN"' };

interface Bearable extends OddCall {
  /** Lines of shell that make the node so. */
  readonly before?: string;
}

/** What a node may lack that its plugins can do without. */
const bearable: { readonly [what: string]: Bearable } = {
  "a /proc/sys that can be written, which is right already": {
    before: forwarding,
    setUp: readOnlySysctls,
  },
  "settings of IPv6, in a network without": { setUp: withoutIpv6, config: ipv4Only },
  "IPv6, in a network without": {
    before: "sysctl -q net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
    config: ipv4Only,
  },
  "nft, iptables, modprobe and all other programs": bare,
};

for (const [what, { before = "", ...how }] of Object.entries(bearable)) {
  t.test(`without ${what}: no difference`, async (t) => {
    const node = new OddNode(t);
    node.shell(before);
    const state = node.warmUp(how.config);
    const prevResult = node.succeed("ADD", how);
    node.succeed("CHECK", { ...how, config: { ...how.config, prevResult } });
    node.succeed("DEL", how);
    t.equal(node.snapshot(), state);
  });
}

interface Unbearable extends Bearable {
  readonly code: number;
  /** What whoever reads the error has to find there. */
  readonly reason: readonly RegExp[];
}

/** What a node may lack, and what it says then. */
const unbearable: { readonly [what: string]: Unbearable } = {
  "a /proc/sys that can be written, where forwarding is off": {
    before: "sysctl -q net.ipv4.ip_forward=0",
    setUp: readOnlySysctls,
    code: 5,
    reason: [/ip_forward/, /EROFS|read-only file system/],
  },
  "room on the disk with the leases": {
    setUp: fullDisk("/var/lib/cni"),
    code: 5,
    reason: [/\/var\/lib\/cni/, /ENOSPC|no space left/],
  },
  "leases that can be written": {
    setUp: readOnly("/var/lib/cni"),
    code: 5,
    reason: [/\/var\/lib\/cni/, /EROFS|read-only file system/],
  },
  "a disk that takes records": {
    command: 'strace -qq -o /dev/null -e trace=linkat -e inject=linkat:error=EIO "$PLUGIN"',
    code: 5,
    reason: [/\/run\/patchbay/, /input\/output error/],
  },
  "iptables, where it is asked for": {
    ...bare,
    config: { ...publishing, backend: "iptables" },
    code: 7,
    reason: [/iptables-restore/, /is not installed/, /nftables/],
  },
  "iptables, where a bridge asks for it": {
    ...bare,
    config: { ipMasqBackend: "iptables" },
    code: 7,
    reason: [/iptables/, /is not installed/, /nftables/],
  },
  "nf_tables, where it is asked for": {
    command: noNetfilter,
    config: { ...publishing, backend: "nftables" },
    code: 7,
    reason: [/no nf_tables/, /iptables/],
  },
};

for (const [what, { before = "", code, reason, ...how }] of Object.entries(unbearable)) {
  t.test(`without ${what}, ADD fails and says so, and leaves nothing`, async (t) => {
    const node = new OddNode(t);
    node.warmUp();
    node.shell(before);
    const state = node.snapshot();
    const { exitCode, stdout, stderr } = node.call("ADD", how);
    t.equal(exitCode, 1, stderr);
    const error = JSON.parse(stdout);
    t.equal(error.code, code, stdout);
    for (const part of reason) t.match(error.msg, part);
    t.equal(node.snapshot(), state);
  });
}

for (const [what, setUp, reason] of [
  ["room for records", fullDisk("/run/patchbay"), /ENOSPC|no space left/],
  ["records that can be written", readOnly("/run/patchbay"), /EROFS|read-only file system/],
  ["folders for records, where files are", filesFor("/run/patchbay"), /ENOTDIR|not a directory/],
] as const) {
  t.test(`without ${what}, ports are published nevertheless, with a warning`, async (t) => {
    const node = new OddNode(t);
    node.succeed("ADD");
    node.succeed("ADD", { config: publishing });
    node.succeed("DEL", { config: publishing });
    const state = node.snapshot();
    const { exitCode, stderr } = node.call("ADD", { setUp, config: publishing });
    t.equal(exitCode, 0);
    t.match(stderr, /no record of the rules in \/run\/patchbay/);
    t.match(stderr, reason);
    node.succeed("CHECK", { setUp, config: publishing });
    node.succeed("DEL", { setUp, config: publishing });
    t.equal(node.snapshot(), state);
  });
}
