/** One call of a plugin by a member of the crowd, as container.sh logs it. */
export interface Call {
  readonly member: string;
  readonly verb: string;
  readonly plugin: string;
  readonly status: number;
  readonly seconds: number;
  /** What it printed, when it failed. */
  readonly answer: string;
}

/** @param log lines of: verb, plugin, exit status, microseconds, answer */
export function parseLog(member: string, log: string): Call[] {
  return log.split("\n").flatMap((line) => {
    const [, verb, plugin, status, microseconds, answer] =
      /^(\w+) (\w+) (\d+) (\d+) (.*)$/.exec(line) ?? [];
    if (verb === undefined || plugin === undefined) return [];
    const seconds = Number(microseconds) / 1e6;
    return [{ member, verb, plugin, status: Number(status), seconds, answer: answer ?? "" }];
  });
}

const KILLED = 137;
/** What nobody has to wait longer for, however many there are. */
const PATIENCE = 5;

/** @returns what a runtime could not live with */
export function judge(calls: readonly Call[], { isBusy }: { readonly isBusy: boolean }): string[] {
  const dishonest = calls.filter((call) => !isHonest(call)).map(describeCall);
  const slow = calls.filter(({ seconds }) => seconds > PATIENCE && !isBusy);
  return [...dishonest, ...slow.map((call) => `took ${call.seconds} s: ${describeCall(call)}`)];
}

/** Whether the call succeeded, was killed, or failed for a reason that is the member's own. */
function isHonest({ member, verb, plugin, status, answer }: Call): boolean {
  const [habit = ""] = member.split("-");
  if (status === 0) return plugin !== "twice";
  if (status === KILLED) return habit === "killed";
  if (!isCniError(answer)) return false;
  switch (habit) {
    case "barren":
      return verb === "ADD" && /no IP addresses available in range set/.test(answer);
    // What it has just made may have been taken away, by its twin or by a GC that does not know it.
    case "twin":
    case "ghost":
      return verb === "ADD" || verb === "CHECK";
    default:
      return false;
  }
}

function isCniError(answer: string): boolean {
  try {
    const { code, msg } = JSON.parse(answer);
    return typeof code === "number" && typeof msg === "string" && msg !== "";
  } catch {
    return false;
  }
}

/** @returns what happened, in numbers */
export function summarise(calls: readonly Call[]): string {
  const count = (condition: (call: Call) => boolean) => calls.filter(condition).length;
  const slowest = Math.max(...calls.map(({ seconds }) => seconds));
  return [
    `${calls.length} calls`,
    `${count(({ status }) => status === 0)} succeeded`,
    `${count(({ status }) => status === KILLED)} were killed`,
    `${count(({ status }) => status !== 0 && status !== KILLED)} refused`,
    `the slowest took ${slowest.toFixed(1)} s`,
  ].join(", ");
}

function describeCall({ member, verb, plugin, status, answer }: Call): string {
  return `${verb} ${plugin} of ${member}: ${status} ${answer}`;
}
