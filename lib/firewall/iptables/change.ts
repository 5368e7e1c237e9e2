import type { Netns } from "../../kernel/netns.ts";
import { CommandError } from "../../sys/exec.ts";
import { restore, save, type Variant } from "./programs.ts";
import { emptyTable, parseSave, type SavedTable } from "./saved-table.ts";

export type TableName = "nat" | "mangle";

/** Where a change is made. */
export interface Place {
  readonly host: Netns;
  readonly family: 4 | 6;
  readonly table: TableName;
  readonly variant: Variant;
}

const ATTEMPTS = 20;

/**
 * Reads a table, works out what is to be done, and does it in one go. Lines that presuppose what
 * was read ("-N" of a chain that was missing, "-D" of a rule that was there) fail when somebody
 * else was faster; then all of it is done again.
 *
 * @param plan returns lines for `iptables-restore`; none when there is nothing to do
 * @throws {CommandError} when it fails although nobody interfered
 */
export function changeTable(place: Place, plan: (table: SavedTable) => readonly string[]): void {
  const { host, family, table, variant } = place;
  let previous: string | undefined;
  for (let attempt = 1; ; attempt++) {
    const lines = plan(readTable(place));
    if (lines.length === 0) return;
    const script = [`*${table}`, ...lines, "COMMIT", ""].join("\n");
    try {
      restore(host, family, script, variant);
      return;
    } catch (error) {
      const isHopeless = script === previous || attempt === ATTEMPTS;
      if (isHopeless || !(error instanceof CommandError)) throw error;
      previous = script;
    }
  }
}

/** @returns an empty table when the kernel does not have it yet */
export function readTable({ host, family, table, variant }: Place): SavedTable {
  return parseSave(save(host, family, table, variant)).get(table) ?? emptyTable;
}
