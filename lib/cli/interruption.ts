import { ExitStatus } from "./exit-status.ts";

/**
 * @returns a signal that is aborted by Ctrl-C, or when the process is told to end: the plugin that
 *   runs then comes to its end, and no other is started. A second time ends the process at once.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(ExitStatus.interrupted);
    controller.abort(new DOMException("interrupted", "AbortError"));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}

/** A signal that is never aborted, for what has to be done after an interruption. */
export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
