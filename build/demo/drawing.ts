import { Canvas, type Style } from "./canvas.ts";
import type { Bridge, Pod, State, Uplink } from "./state.ts";

const gap = 2;
/** Of the boxes around a bridge, and around the machine elsewhere. */
const boxRows = 3;

/** Each pod has a colour of its own, in the drawing and in what is said about it. */
export const podStyles: readonly Style[] = ["cyan", "magenta", "yellow", "green"];

/**
 * Draws a host with one bridge, the pods that hang on it, and the machine at the end of its uplink.
 *
 * @returns a drawing as wide as the pods need
 */
export function drawState({ uplink, bridges: [bridge], pods }: Drawn): Canvas {
  const canvas = new Canvas();
  const columns = pods.map(layOut).map(({ width }) => width);
  const width = columns.reduce((sum, each) => sum + each + gap, -gap);

  const hostRow = uplink === undefined ? 0 : boxRows;
  const bridgeRow = uplink === undefined ? hostRow + 1 : hostRow + 2;
  const podRow = bridgeRow + boxRows + 2;
  canvas.box({ column: 0, row: hostRow, width, height: podRow - hostRow }, "host", "plain");
  if (uplink !== undefined) drawUplink(canvas, uplink, width);
  if (bridge !== undefined) drawBridge(canvas, bridge, { column: 3, row: bridgeRow, width });
  let column = 0;
  for (const [index, pod] of pods.entries()) {
    const podWidth = columns[index] ?? 0;
    drawPod(canvas, pod, { column, row: podRow, width: podWidth }, podStyleOf(index));
    column += podWidth + gap;
  }
  return canvas;
}

type Drawn = Pick<State, "uplink" | "bridges" | "pods">;

export function podStyleOf(index: number): Style {
  return podStyles[index % podStyles.length] ?? "plain";
}

function drawUplink(canvas: Canvas, { name, addresses, far }: Uplink, width: number): void {
  canvas.box({ column: 3, row: 0, width: width - 6, height: boxRows }, far.name, "blue");
  canvas.text(6, 1, far.addresses.join("   "), "blue");
  canvas.cable(11, boxRows - 1, boxRows, "blue");
  canvas.text(10, boxRows + 1, name, "blue");
  canvas.text(12 + name.length, boxRows + 1, addresses.join("   "), "blue");
}

function drawBridge(canvas: Canvas, { name, mtu, addresses }: Bridge, place: Place): void {
  const { column, row, width } = place;
  canvas.box({ column, row, width: width - 6, height: boxRows }, `bridge ${name}`, "green");
  canvas.text(6, row + 1, addresses.join("   "), "green");
  const size = `MTU ${mtu}`;
  canvas.text(width - 5 - size.length, row + 1, size, "dim");
}

interface Place {
  readonly column: number;
  readonly row: number;
  readonly width: number;
}

function drawPod(canvas: Canvas, pod: Pod, place: Place, style: Style): void {
  const { column, row, width } = place;
  const { lines, cableOffset } = layOut(pod);
  const cable = column + cableOffset;
  canvas.box({ column, row, width, height: lines.length + 3 }, pod.name, style);
  if (pod.hostEnd !== undefined) {
    canvas.cable(cable, row - 3, row, style);
    // The name of each end stands beside it.
    canvas.text(cable + 2, row - 2, pod.hostEnd, style);
  }
  canvas.text(cable - 1, row + 1, pod.ifName, style);
  canvas.text(cable + 2 + pod.ifName.length, row + 1, pod.mac, "dim");
  for (const [index, line] of lines.entries()) canvas.text(column + 3, row + 2 + index, line);
}

function layOut({ name, ifName, mac, addresses, routes }: Pod): PodLayout {
  const lines = [...addresses, ...routes];
  const cableOffset = Math.max(11, name.length + 5);
  const widths = [cableOffset + ifName.length + mac.length, ...lines.map(({ length }) => length)];
  return { lines, cableOffset, width: Math.max(32, ...widths) + 4 };
}

interface PodLayout {
  readonly lines: readonly string[];
  /** Where the cable enters: to the right of the pod's name. */
  readonly cableOffset: number;
  readonly width: number;
}
