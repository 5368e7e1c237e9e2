/** What became of a name in the directory of plugins. */
export interface Change {
  readonly name: string;
  readonly outcome: "added" | "replaced" | "unchanged" | "restored" | "removed" | "left alone";
}
