import type { Netns } from "../kernel/netns.ts";
import { attemptAll } from "../undo.ts";
import { reapplyAntiSpoofing } from "./anti-spoofing.ts";
import { engineOf } from "./engine.ts";
import * as iptables from "./iptables/rules.ts";
import * as nftables from "./nft/ruleset.ts";
import { describeTag } from "./rule-owner.ts";

/**
 * Makes the rules of all containers of a node anew from what is on record: after `nft flush
 * ruleset`, `iptables -F`, or a firewall that was restarted. Fine when all of them are there.
 *
 * @returns the containers whose rules could not be made, since others have their ports by now
 */
export function reloadRules(host: Netns): string[] {
  let refused: string[] = [];
  const engine = engineOf(host);
  attemptAll(
    () => {
      if (engine.nftables !== undefined) refused = nftables.reapplyAll(engine.nftables);
    },
    () => iptables.reapplyAll(engine.iptables),
    () => reapplyAntiSpoofing(host),
  );
  return refused.map(describeTag);
}
