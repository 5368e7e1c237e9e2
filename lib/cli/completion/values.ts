import type { Argument, Command, Option } from "commander";
import type { Context } from "../context.ts";
import { listExamples } from "../install/example-conf.ts";
import { defaultConfDir } from "../runtime/conf-files.ts";
import { listNetnsNames } from "../runtime/netns-path.ts";
import { listNetworkNames } from "../runtime/network.ts";
import { type Candidate, type Completion, describeCommands } from "./candidate.ts";
import { shells } from "./scripts.ts";

/** Finds values on this node: networks, namespaces, examples. Fails in silence, as shells expect. */
export function completeValue(
  { variables }: Context,
  program: Command,
  slot: Argument | Option,
): Completion {
  switch (nameOf(slot)) {
    case "NETWORK":
    case "--network":
      return listed(listNetworkNames(variables["NETCONFPATH"] || defaultConfDir), "network");
    case "NETNS":
      return listed(listNetnsNames(), "network namespace");
    case "--conf":
      return listed(
        listExamples().map(({ name }) => name),
        "example network",
      );
    case "SHELL":
      return listed(shells, "");
    case "COMMAND":
      return describeCommands(program);
    case "FILE":
    case "DIR":
    case "--conf-dir":
    case "--cache-dir":
    case "--cni-path":
      return "files";
    default:
      return [];
  }
}

/** Options by their long name, arguments by what help calls them. */
function nameOf(slot: Argument | Option): string {
  return "long" in slot ? (slot.long ?? "") : slot.name();
}

/** What would need quotes is left out. */
function listed(values: readonly string[], description: string): Candidate[] {
  return values
    .filter((value) => /^[\w.@%+:,-]+$/.test(value))
    .map((value) => ({ value, description }));
}
