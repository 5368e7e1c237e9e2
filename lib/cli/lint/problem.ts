import type { Position, SourceNode } from "./source-node.ts";

/** Something that an administrator should look at. */
export interface Problem extends Position {
  /** An error keeps the network from working as written; a warning may be meant so. */
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** Collects problems; each rule is given one. */
export interface Report {
  error(place: SourceNode | Position, message: string): void;
  warning(place: SourceNode | Position, message: string): void;
}

export class ProblemList implements Report {
  readonly #problems: Problem[] = [];

  error(place: SourceNode | Position, message: string): void {
    this.#add("error", place, message);
  }

  warning(place: SourceNode | Position, message: string): void {
    this.#add("warning", place, message);
  }

  get errorCount(): number {
    return this.#problems.filter(({ severity }) => severity === "error").length;
  }

  /** Each once, in the order of the files and their lines; files that are not given come last. */
  sorted(files: readonly string[]): Problem[] {
    const order = (file: string) => (files.includes(file) ? files.indexOf(file) : files.length);
    const unique = new Map(this.#problems.map((problem) => [JSON.stringify(problem), problem]));
    return [...unique.values()].sort(
      (a, b) => order(a.file) - order(b.file) || a.line - b.line || a.column - b.column,
    );
  }

  #add(severity: Problem["severity"], place: SourceNode | Position, message: string): void {
    const { file, line, column } = "position" in place ? place.position : place;
    this.#problems.push({ file, line, column, severity, message });
  }
}
