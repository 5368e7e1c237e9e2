/** How text stands out: the parameters of SGR (ECMA-48, 8.3.117). */
export const styles = {
  plain: "",
  bold: "1",
  dim: "2",
  green: "32",
  red: "31",
  yellow: "33",
  blue: "34",
  magenta: "35",
  cyan: "36",
} as const;

export type Style = keyof typeof styles;

interface Cell {
  readonly character: string;
  readonly style: Style;
}

/** Which arms of a line meet in a character, in the order up, right, down, left. */
const joints = new Map([
  ["0101", "─"],
  ["1010", "│"],
  ["0110", "╭"],
  ["0011", "╮"],
  ["1100", "╰"],
  ["1001", "╯"],
  ["1110", "├"],
  ["1011", "┤"],
  ["0111", "┬"],
  ["1101", "┴"],
  ["1111", "┼"],
]);

/** A grid of characters to draw on, in columns and rows from the upper left corner. */
export class Canvas {
  readonly #rows: Cell[][] = [];

  text(column: number, row: number, text: string, style: Style = "plain"): void {
    for (const [offset, character] of [...text].entries()) {
      this.#put(column + offset, row, { character, style });
    }
  }

  /** A frame, its title set into the upper edge. */
  box(area: Area, title: string, style: Style): void {
    const { column, row, width, height } = area;
    const [right, bottom] = [column + width - 1, row + height - 1];
    for (let at = column + 1; at < right; at++) {
      this.#put(at, row, { character: "─", style });
      this.#put(at, bottom, { character: "─", style });
    }
    for (let at = row + 1; at < bottom; at++) {
      this.#put(column, at, { character: "│", style });
      this.#put(right, at, { character: "│", style });
    }
    for (const [at, line, character] of [
      [column, row, "╭"],
      [right, row, "╮"],
      [column, bottom, "╰"],
      [right, bottom, "╯"],
    ] as const) {
      this.#put(at, line, { character, style });
    }
    if (title !== "") this.text(column + 2, row, ` ${title} `, style === "plain" ? "bold" : style);
  }

  /** A line down, joined to the edges that it crosses or ends at. */
  cable(column: number, from: number, to: number, style: Style): void {
    for (let row = from; row <= to; row++) {
      const up = row > from;
      const down = row < to;
      const character = this.#crossing(column, row, up, down);
      this.#put(column, row, { character, style });
    }
  }

  #crossing(column: number, row: number, up: boolean, down: boolean): string {
    const isEdge = this.#rows[row]?.[column]?.character === "─";
    const arms = [up || (!isEdge && !down), isEdge, down || (!isEdge && !up), isEdge];
    return joints.get(arms.map(Number).join("")) ?? "│";
  }

  #put(column: number, row: number, cell: Cell): void {
    while (this.#rows.length <= row) this.#rows.push([]);
    const cells = this.#rows[row];
    if (cells === undefined) return;
    while (cells.length < column) cells.push({ character: " ", style: "plain" });
    cells[column] = cell;
  }

  /** @param paint turns a run of characters of one style into what the terminal gets */
  render(paint: (text: string, style: Style) => string): string {
    return this.#rows.map((cells) => renderRow(cells, paint).trimEnd()).join("\n");
  }
}

export interface Area {
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
}

function renderRow(cells: readonly Cell[], paint: (text: string, style: Style) => string): string {
  let line = "";
  for (let at = 0; at < cells.length; ) {
    const style = cells[at]?.style ?? "plain";
    let run = "";
    for (; at < cells.length && cells[at]?.style === style; at++) run += cells[at]?.character;
    line += style === "plain" ? run : paint(run, style);
  }
  return line;
}
