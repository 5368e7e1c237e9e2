import type { Results } from "./results.ts";

/** One call as two bars. */
interface Pair {
  readonly label: string;
  readonly ours: number;
  readonly theirs: number;
}

const barHeight = 11;
const pairHeight = 32;
const labelWidth = 300;
const plotWidth = 560;
const top = 56;

/** @returns the medians of single calls, ADD and DEL, as an SVG of pairs of bars */
export function drawChart(results: Results): string {
  const [ours = "", theirs = ""] = results.suites.map(({ name }) => name);
  const pairs = results.calls.flatMap(({ call, wall }): Pair[] => {
    const [a, b] = [wall[ours]?.median, wall[theirs]?.median];
    if (a === undefined || b === undefined || !/ (ADD|DEL)$/.test(call)) return [];
    return [{ label: call, ours: a, theirs: b }];
  });
  const longest = Math.max(...pairs.flatMap((pair) => [pair.ours, pair.theirs]));
  const height = top + pairs.length * pairHeight + 16;
  const width = labelWidth + plotWidth + 80;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
      'font-family="system-ui, sans-serif" font-size="12">',
    "<title>Milliseconds of single calls, ours and the reference's</title>",
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="24" font-size="15" font-weight="600">One call, milliseconds (medians)</text>`,
    ...drawLegend([ours, theirs]),
    ...pairs.flatMap((pair, index) => drawPair(pair, top + index * pairHeight, longest)),
    "</svg>\n",
  ].join("\n");
}

const colours = ["#2563eb", "#9ca3af"] as const;

function drawLegend(names: readonly string[]): string[] {
  return names.flatMap((name, index) => {
    const x = labelWidth + index * 160;
    return [
      `<rect x="${x}" y="14" width="11" height="11" fill="${colours[index] ?? "#000"}"/>`,
      `<text x="${x + 17}" y="24">${escapeXml(name)}</text>`,
    ];
  });
}

function drawPair({ label, ours, theirs }: Pair, y: number, longest: number): string[] {
  return [
    `<text x="${labelWidth - 10}" y="${y + 15}" text-anchor="end">${escapeXml(label)}</text>`,
    ...drawBar(ours, y, longest, colours[0]),
    ...drawBar(theirs, y + barHeight + 1, longest, colours[1]),
  ];
}

function drawBar(value: number, y: number, longest: number, colour: string): string[] {
  const width = Math.max(1, (value / longest) * plotWidth).toFixed(1);
  const end = (labelWidth + Number(width) + 5).toFixed(1);
  return [
    `<rect x="${labelWidth}" y="${y}" width="${width}" height="${barHeight}" fill="${colour}"/>`,
    `<text x="${end}" y="${y + 9}" font-size="10" fill="#374151">${value.toFixed(1)}</text>`,
  ];
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
