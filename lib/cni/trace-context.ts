/**
 * Reads the trace that a call belongs to from `TRACEPARENT`, which runtimes pass on in the form of
 * the W3C's "Trace Context", section 3.2.2: VERSION-TRACE-PARENT-FLAGS in hexadecimal.
 *
 * @returns its 32 digits; undefined when there is none
 */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  const match = /^(?!ff)[\da-f]{2}-([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}/.exec(
    traceparent ?? "",
  );
  const id = match?.[1];
  return id === undefined || /^0+$/.test(id) ? undefined : id;
}
