import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Test } from "tap";
import { createLab } from "../support/lab.ts";

/** One command of a session, and what it has left on the terminal. */
interface Exchange {
  readonly command: string;
  readonly output: string;
}

/** A fenced block of a document that shows a terminal session. */
export type Session = readonly Exchange[];

const fence = /^```console\n([\s\S]*?)^```$/gm;

/** @returns the sessions of a document, in their order */
export function parseSessions(markdown: string): Session[] {
  return [...markdown.matchAll(fence)].map(([, block = ""]) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf("\n");
        return { command: part.slice(0, end), output: part.slice(end + 1) };
      }),
  );
}

/** @returns the document with other sessions in place of its own */
export function replaceSessions(markdown: string, sessions: readonly Session[]): string {
  const texts = sessions.map(formatSession);
  return markdown.replaceAll(fence, () => `\`\`\`console\n${texts.shift() ?? ""}\`\`\``);
}

function formatSession(session: Session): string {
  return session.map(({ command, output }) => `$ ${command}\n${output}`).join("");
}

/**
 * Runs the commands of a document one after the other, in one shell, on a terminal, in a lab whose
 * named namespaces and directories are its own.
 */
export function runSessions(t: Test, sessions: readonly Session[]): Session[] {
  const lab = createLab(t);
  const directory = t.testdir({});
  const script = `${directory}/session.sh`;
  const mark = (what: string) => `printf '%s\\n' '${"=".repeat(20)} ${what}'\n`;
  const body = sessions.flatMap((session, index) =>
    session.map(({ command }, step) => `${mark(`${index} ${step}`)}${command}\n`),
  );
  writeFileSync(script, `${body.join("")}${mark("end")}`);
  mkdirSync("/etc/cni", { recursive: true });
  const prepare = `
    mkdir -p /run/netns
    for place in /run/netns /etc/cni /opt /var/log; do mount -t tmpfs none $place || exit; done
    stty rows 50 cols 200
    bash ${script}`;
  const { stdout } = lab.runOnHost(
    ["script", "--quiet", "--return", "--command", `bash -c '${prepare}'`, "/dev/null"],
    {
      env: { NO_COLOR: "1", TZ: "UTC", TERM: "xterm", CNI_PATH: undefined, NETCONFPATH: undefined },
    },
  );
  return collect(sessions, stdout.replaceAll("\r\n", "\n"));
}

function collect(sessions: readonly Session[], terminal: string): Session[] {
  const parts = new Map(
    terminal
      .split(/^={20} /m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1)]),
  );
  return sessions.map((session, index) =>
    session.map(({ command }, step) => ({
      command,
      output: parts.get(`${index} ${step}`) ?? "(it never came to this)\n",
    })),
  );
}

/** @returns a session without what is different every time */
export function normalise(session: Session): string {
  return (
    formatSession(session)
      .replaceAll(/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, "MAC")
      .replaceAll(/ *\d+\.\d ms/g, " N ms")
      .replaceAll(/\bveth[0-9a-f]{8}\b/g, "VETH")
      // Which plugins there are, and what each does, is told elsewhere.
      .replaceAll(/(^ {2}[\w-]+ +(added|removed|unchanged|restored|replaced)\n)+/gm, "  NAME $2\n")
      .replaceAll(/(^ N ms +[\w.]+\n)+/gm, "STEPS\n")
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/g, "TIME")
  );
}

export function readDocument(file: string): string {
  return readFileSync(file, "utf8");
}
