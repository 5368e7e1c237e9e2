import { hostLocal as hostLocalPlugin } from "../../ipam/host-local/host-local.ts";
import type { Plugin, PluginEntry } from "../../lib/cni/plugin.ts";
import { specVersions } from "../../lib/cni/version.ts";
import { ensureMasquerade } from "../../lib/firewall/masquerade.ts";
import { Netns } from "../../lib/kernel/netns.ts";
import { portmap as portmapPlugin } from "../../plugins/portmap/portmap.ts";
import { answerOf } from "../support/runtime.ts";
import { type Guest, type Population, publishedPort } from "./beside.ts";
import { addressesOf, type Call, type Json, type Pod } from "./call.ts";
import { warm } from "./gauge.ts";
import { runOnce } from "./measure.ts";
import { crowdedRounds } from "./plan.ts";
import { type Attachment, hostLocal, network, portmap, type Setting } from "./rounds.ts";
import { makePods } from "./world.ts";

/**
 * Attachments of ours: each with a lease, a masquerade and a published port. Our own plugins make
 * them, but in this process: without veth pairs, and in a tenth of the time.
 */
export function residentsOf({ suite, pod, setting }: Guest): Population {
  const residents: Attachment[] = [];
  return {
    grow(size) {
      residents.push(...populate(residents.length, size, setting));
      return residents;
    },
    clear() {
      // GC takes away whom it does not name.
      for (const roundFor of crowdedRounds(() => setting)) {
        runOnce(warm, roundFor(suite), suite, pod);
      }
    },
  };
}

/** @param from, to numbers of the attachments: `to` is not among them */
function populate(from: number, to: number, setting: Setting): Attachment[] {
  if (from === to) return [];
  const host = Netns.own();
  const [home = { netns: "" }] = makePods(1, `home-of-${from}`);
  try {
    return Array.from({ length: to - from }, (_, index) =>
      attach(host, home, from + index, setting),
    );
  } finally {
    host.close();
  }
}

/** All of them are said to live in one namespace: nobody looks. */
type Home = Pick<Pod, "netns">;

function attach(host: Netns, home: Home, index: number, setting: Setting): Attachment {
  const containerId = `resident-${index}`;
  const { backend } = setting;
  const lease = add("host-local", hostLocalPlugin, hostLocal(setting), containerId, home);
  const prevResult = { ...lease, interfaces: [{ name: "eth0", sandbox: `/run/${containerId}` }] };
  const owner = { network, containerId, ifName: "eth0" };
  const addresses = addressesOf(lease);
  ensureMasquerade(host, { owner, addresses, ...(backend && { backend }) });
  const published = { ...portmap(setting, [publishedPort(index)]), prevResult };
  add("portmap", portmapPlugin, published, containerId, home);
  return { containerID: containerId, ifname: "eth0" };
}

function add<Config>(
  name: string,
  plugin: Plugin<Config>,
  config: Call["config"],
  containerId: string,
  home: Home,
): Json {
  // What a plugin makes of its configuration is its own affair.
  const load = () => plugin as Plugin<unknown>;
  const entry: PluginEntry = { name, versions: specVersions, load };
  const input = { cniVersion: "1.1.0", ...config };
  const answer = answerOf(entry, { CNI_CONTAINERID: containerId }, input, {
    ownNetns: () => Netns.own(),
    openNetns: () => Netns.open(home.netns),
  });
  if (answer.status === 0) return answer.document ?? {};
  throw new Error(`Cannot populate: ${answer.stdout}`);
}
