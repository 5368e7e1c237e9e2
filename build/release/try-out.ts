import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { version } from "../../package.json";
import type { Platform } from "./platforms.ts";

/** A call whose answer shows that an executable works: its start, its code, and its errors. */
interface Trial {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly exitCode: number;
  readonly answer: RegExp;
}

const trials: readonly Trial[] = [
  { name: "patchbay", args: ["--version"], exitCode: 0, answer: new RegExp(`\\b${version}\\b`) },
  {
    name: "bridge",
    env: { CNI_COMMAND: "VERSION" },
    exitCode: 0,
    answer: /"supportedVersions":\[.*"1\.1\.0"\]/,
  },
  {
    name: "host-local",
    env: {
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "trial",
      CNI_NETNS: "/nowhere",
      CNI_IFNAME: "eth0",
      CNI_PATH: "/nowhere",
    },
    stdin: '{"cniVersion": "1.1.0", "name": "trial", "ipam": {"type": "host-local", "ranges": []}}',
    exitCode: 1,
    answer: /"code": ?7\b/,
  },
];

/**
 * Tries out the executables of a platform, as far as this machine can start them.
 *
 * @returns why it cannot, or undefined
 * @throws when they do not work
 */
export function tryOut(platform: Platform, folder: string): string | undefined {
  for (const trial of trials) {
    const [program = "", ...args] = [
      ...platform.emulator,
      join(folder, trial.name),
      ...(trial.args ?? []),
    ];
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      encoding: "utf8",
      input: trial.stdin ?? "",
      env: trial.env ?? {},
    });
    const obstacle =
      error?.message ??
      /^.*(cannot open|not found|no such file|loading shared).*$/im.exec(stderr)?.[0];
    if (obstacle !== undefined) return obstacle;
    if (status !== trial.exitCode || !trial.answer.test(stdout)) {
      throw new Error(
        `${trial.name} for ${platform.name} ended with ${status}: ${stdout}${stderr}`,
      );
    }
  }
  return undefined;
}
