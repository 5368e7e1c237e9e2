import { Namespace } from "./namespace.ts";

/** What some kernels are built without, and how to ask: shell that fails where it is missing. */
const questions = {
  "bridge VLAN filtering": "ip link add name br0 type bridge vlan_filtering 1",
  "rules about bridge ports": `nft '
    add table bridge ask
    add chain bridge ask ask { type filter hook prerouting priority 0; }
    add rule bridge ask ask meta ibrname "br0" accept'`,
  "dummy links": "ip link add name dummy0 type dummy",
  "VLAN links":
    "ip link add name a type veth peer name b; ip link add link a name vlan0 type vlan id 3",
} as const;

export type KernelFeature = keyof typeof questions;

/**
 * Asks the running kernel, for tap's `skip`. `npm test` runs what is skipped for such a reason again
 * in a VM, whose kernel has everything.
 *
 * @returns false when it has all of these features, else what to tell
 */
export function lacks(...features: readonly KernelFeature[]): string | false {
  const missing = features.filter((feature) => !has(feature));
  return missing.length === 0 ? false : `${skipPrefix}${missing.join(", ")}`;
}

export const skipPrefix = "this kernel has no ";

function has(feature: KernelFeature): boolean {
  const namespace = Namespace.create("features");
  try {
    return namespace.tryExec(["sh", "-e", "-c", questions[feature]]).exitCode === 0;
  } finally {
    namespace.delete();
  }
}
