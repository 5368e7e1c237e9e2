/** How a plugin ended, as a runtime sees it. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * How long a processor may be busy with whatever comes in. It is the processor's time, because the
 * time on the wall says more about what else the machine has to do.
 */
export const longestSeconds = 2;

/** Words that only those say who did not expect what happened. */
const confusion =
  /\bat \S+ \(|\$bunfs|\.[jt]s:\d+|Cannot read prop|is not (a function|iterable|an object|defined)|undefined is|Maximum call stack|Invalid array length|out of (bounds|range of)|Cannot (convert|mix)|\bNaN\b|\[object Object\]|SyntaxError:|TypeError|RangeError/;

/** @returns what a runtime, or whoever reads its log, could not live with; "" if there is nothing */
export function judge({ status, stdout, stderr }: Ended): string {
  if (confusion.test(stderr)) return `said on stderr: ${stderr}`;
  if (status === 0) return judgeResult(stdout);
  if (status !== 1) return `exited with ${status}: ${stdout} ${stderr}`;
  return judgeError(stdout);
}

function judgeResult(stdout: string): string {
  return stdout === "" || isObject(parse(stdout)) ? "" : `is no result: ${stdout}`;
}

function judgeError(stdout: string): string {
  const document = parse(stdout);
  if (!isObject(document)) return `is no error: ${stdout}`;
  const { cniVersion, code, msg, details = "" } = document;
  if (typeof cniVersion !== "string" || typeof msg !== "string" || typeof details !== "string") {
    return `is no CNI error: ${stdout}`;
  }
  if (!Number.isInteger(code) || msg === "") return `is no CNI error: ${stdout}`;
  return confusion.test(withoutQuotes(msg)) ? `is confused: ${stdout}` : "";
}

/** What is quoted may be anything. */
function withoutQuotes(text: string): string {
  return text.replaceAll(/"(\\.|[^"\\])*"/g, '""');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns what the work comes to, or that it kept a processor busy for too long */
export function inTime(work: () => string): string {
  const start = process.cpuUsage();
  const complaint = work();
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  if (complaint !== "" || seconds <= longestSeconds) return complaint;
  return `kept a processor busy for ${seconds.toFixed(1)} s`;
}
