import { Canvas, type Style } from "./canvas.ts";
import type { Bridge, Pod, State } from "./state.ts";

const gap = 2;
/** Of the box around a bridge; it leaves a row of the host free above. */
const bridgeRows = 3;

/** Each pod has a colour of its own, in the drawing and in what is said about it. */
export const podStyles: readonly Style[] = ["cyan", "magenta", "yellow", "green"];

/**
 * Draws a host with one bridge and the pods that hang on it.
 *
 * @returns a drawing as wide as the pods need
 */
export function drawState({ bridges: [bridge], pods }: State): Canvas {
  const canvas = new Canvas();
  const columns = pods.map(layOut).map(({ width }) => width);
  const width = columns.reduce((sum, each) => sum + each + gap, -gap);
  const hostHeight = bridgeRows + 3;
  canvas.box({ column: 0, row: 0, width, height: hostHeight }, "host", "plain");
  if (bridge !== undefined) drawBridge(canvas, bridge, width);
  let column = 0;
  for (const [index, pod] of pods.entries()) {
    const podWidth = columns[index] ?? 0;
    drawPod(canvas, pod, { column, row: hostHeight, width: podWidth }, podStyleOf(index));
    column += podWidth + gap;
  }
  return canvas;
}

export function podStyleOf(index: number): Style {
  return podStyles[index % podStyles.length] ?? "plain";
}

function drawBridge(canvas: Canvas, { name, mtu, addresses }: Bridge, width: number): void {
  const area = { column: 3, row: 1, width: width - 6, height: bridgeRows };
  canvas.box(area, `bridge ${name}`, "green");
  canvas.text(6, 2, addresses.join("   "), "green");
  const size = `MTU ${mtu}`;
  canvas.text(width - 5 - size.length, 2, size, "dim");
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
    canvas.cable(cable, bridgeRows, row, style);
    // The name of each end stands beside it.
    canvas.text(cable + 2, bridgeRows + 1, pod.hostEnd, style);
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
