/** A rule in the words of `iptables-save`: what follows "-A CHAIN ". */
export interface SavedRule {
  readonly chain: string;
  readonly spec: string;
}

/** A table as `iptables-save` prints it. */
export interface SavedTable {
  readonly chains: ReadonlySet<string>;
  readonly rules: readonly SavedRule[];
}

/** @returns the tables in the output of `iptables-save` by name */
export function parseSave(text: string): ReadonlyMap<string, SavedTable> {
  const tables = new Map<string, SavedTable>();
  for (const part of text.split(/^\*/m).slice(1)) {
    const [name = "", ...lines] = part.split("\n");
    tables.set(name.trim(), parseTable(lines));
  }
  return tables;
}

function parseTable(lines: readonly string[]): SavedTable {
  const chains = new Set<string>();
  const rules: SavedRule[] = [];
  for (const line of lines) {
    const chain = /^:(\S+) /.exec(line)?.[1];
    if (chain !== undefined) chains.add(chain);
    const rule = /^(?:\[\d+:\d+\] )?-A (\S+) ?(.*)$/.exec(line);
    if (rule !== null) rules.push({ chain: rule[1] ?? "", spec: rule[2] ?? "" });
  }
  return { chains, rules };
}

export const emptyTable: SavedTable = { chains: new Set(), rules: [] };

/** @returns the chain that a rule leads to, or its target */
export function targetOf({ spec }: SavedRule): string | undefined {
  return /(?:^| )-[jg] (\S+)/.exec(withoutQuoted(spec))?.[1];
}

/** A comment may contain what looks like a target. */
function withoutQuoted(spec: string): string {
  return spec.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
}

export function hasRule(table: SavedTable, chain: string, spec: string): boolean {
  return table.rules.some((rule) => rule.chain === chain && rule.spec === spec);
}

export function rulesTo(table: SavedTable, chain: string, target: string): SavedRule[] {
  return table.rules.filter((rule) => rule.chain === chain && targetOf(rule) === target);
}

/**
 * @returns a word as `iptables-restore` reads it
 * @throws {RangeError} when no quoting can keep it one word
 */
export function quote(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(word)) {
    throw new RangeError(`${JSON.stringify(word)} contains a control character`);
  }
  return /^[\w.,:/!=+@%-]+$/.test(word) ? word : `"${word.replaceAll(/["\\]/g, "\\$&")}"`;
}
