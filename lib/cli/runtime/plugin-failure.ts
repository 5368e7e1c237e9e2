import type { Operation } from "../../cni/call.ts";
import type { CniError } from "../../cni/error.ts";
import { CliError } from "../cli-error.ts";
import { ExitStatus } from "../exit-status.ts";
import type { PluginConf } from "./plugin-conf.ts";

/** A plugin could not do what it was called for. The message begins with libcni's words. */
export class PluginFailure extends CliError {
  constructor(
    readonly operation: Operation,
    readonly plugin: Pick<PluginConf, "type" | "name">,
    /** What the plugin printed. */
    readonly error: CniError,
  ) {
    const name = plugin.name === "" ? "" : ` name="${plugin.name}"`;
    super(
      ExitStatus.failure,
      `plugin type="${plugin.type}"${name} failed (${verbs[operation]}): ${error.msg}`,
      undefined,
      { cause: error },
    );
  }
}

const verbs: { readonly [operation in Operation]: string } = {
  ADD: "add",
  CHECK: "check",
  DEL: "delete",
  GC: "gc",
  STATUS: "status",
};
