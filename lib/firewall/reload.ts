import type { Netns } from "../kernel/netns.ts";
import { attemptAll } from "../undo.ts";
import { reapplyAntiSpoofing } from "./anti-spoofing.ts";
import { engineOf } from "./engine.ts";
import * as iptables from "./iptables/rules.ts";
import { reapplyAll } from "./nft/reapply.ts";
import { describeTag, formatTag } from "./rule-owner.ts";

/** What became of a reload. */
export interface Reloaded {
  /** Attachments that have their rules again, or still. */
  readonly made: number;
  /** Whose rules could not be made, since others have their ports by now. */
  readonly refused: readonly string[];
}

/**
 * Makes the rules of all containers of a node anew from what is on record: after `nft flush
 * ruleset`, `iptables -F`, or a firewall that was restarted. Fine when all of them are there.
 */
export function reloadRules(host: Netns): Reloaded {
  const engine = engineOf(host);
  const made = new Set<string>();
  const refused: string[] = [];
  attemptAll(
    () => {
      if (engine.nftables === undefined) return;
      const { accepted, refused: tags } = reapplyAll(engine.nftables);
      for (const { tag } of accepted) made.add(tag);
      refused.push(...tags.map(describeTag));
    },
    () => {
      for (const { owner } of iptables.reapplyAll(engine.iptables)) made.add(formatTag(owner));
    },
    () => {
      for (const owner of reapplyAntiSpoofing(host)) made.add(formatTag(owner));
    },
  );
  return { made: made.size, refused };
}
