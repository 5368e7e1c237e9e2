/** What the tool's exit status tells a script. Part of its interface: documented, never renumbered. */
export const ExitStatus = {
  ok: 0,
  /** A plugin failed, a check found something, or a file could not be used. */
  failure: 1,
  /** The command line cannot be understood. */
  usage: 2,
  /** There is no such network, namespace or file, or the configuration is malformed. */
  configuration: 3,
  /** Ctrl-C, as shells count it: 128 and the number of the signal. */
  interrupted: 130,
  /** Nobody reads stdout any more, likewise. */
  brokenPipe: 141,
} as const;

export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];
