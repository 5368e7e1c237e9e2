import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import t from "tap";
import { patchbay } from "../support/lab.ts";
import { Namespace, run, runOk } from "../support/namespace.ts";

const program = `${patchbay}/patchbay`;

/** @returns the candidates for the last word, without their descriptions */
function complete(words: readonly string[], env = {}): string[] {
  const { stdout } = run([program, "complete", "--", ...words], { env });
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace(/\t.*/, ""));
}

t.test("commands, options and their values are completed", async (t) => {
  const directory = t.testdir({
    "a.conflist": '{"name":"podnet","plugins":[{"type":"x"}]}',
    "b.conf": '{"name":"single","type":"x"}',
    "broken.conflist": "{",
  });
  const env = { NETCONFPATH: directory };
  t.same(complete([""]).slice(0, 3), ["add", "check", "del"]);
  t.notOk(complete([""]).includes("complete"), "what is hidden stays so");
  t.same(complete(["inst"]), ["install"]);
  t.same(complete(["add", "--ti"]), ["--timeout", "--time"]);
  t.same(complete(["gc", "--valid"]), ["--valid", "--valid-live"]);
  t.same(complete(["add", ""], env), ["podnet", "single"]);
  t.same(complete(["add", "po"], env), ["podnet"]);
  t.same(complete(["log", "--network", ""], env), ["podnet", "single"]);
  t.same(complete(["add", "--ifname", ""], env), [], "nobody can know");
  t.same(complete(["add", "--timeout", "5", "--time", ""], env), ["podnet", "single"]);
  t.same(complete(["add", "--ifname", "=", "eth1", "s"], env), ["single"], "as bash splits it");
  t.same(complete(["add", "podnet", "testing", ""], env), []);
  t.same(complete(["install", "--conf", "bridge-i"]), ["bridge-isolated"]);
  t.same(complete(["help", "sta"]), ["status"]);
  t.same(complete(["completion", ""]), ["bash", "zsh", "fish"]);
  for (const words of [
    ["lint", ""],
    ["lint", "a", ""],
    ["log", ""],
    ["add", "--conf-dir", "/"],
  ]) {
    t.same(complete(words), [":files"], words.join(" "));
  }
});

t.test("namespaces are completed by their names", async (t) => {
  const namespace = Namespace.create("completed");
  t.teardown(() => namespace.delete());
  t.ok(complete(["add", "net", "pb-"]).includes(namespace.name));
});

t.test("each shell completes a command line", async (t) => {
  const directory = t.testdir({ "a.conflist": '{"name":"podnet","plugins":[{"type":"x"}]}' });
  const env = {
    NETCONFPATH: directory,
    PATH: `${patchbay}:${process.env["PATH"]}`,
    HOME: directory,
  };
  const bash = (words: string) =>
    `source <(patchbay completion bash); COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1));
     _patchbay patchbay; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const zsh = (words: string) =>
    `compdef() { :; }; _describe() { print -l -- "\${(@P)2}"; }; _files() { print files; }
     source <(patchbay completion zsh); words=(${words}); CURRENT=$#words; _patchbay`;
  const fish = (line: string) =>
    `patchbay completion fish | source; complete -C '${line}' | string match -v '*ignored'`;
  const cases: readonly [shell: string, script: string, output: string][] = [
    ["bash", bash("patchbay ad"), "add\n"],
    ["bash", bash("patchbay add ''"), "podnet\n"],
    ["zsh", zsh("patchbay ad"), "add:attach a network namespace to a network\n"],
    ["zsh", zsh("patchbay add ''"), "podnet:network\n"],
    ["zsh", zsh("patchbay lint ''"), "files\n"],
    ["fish", fish("patchbay ad"), "add\tattach a network namespace to a network\n"],
    ["fish", fish("patchbay add "), "podnet\tnetwork\n"],
  ];
  for (const [shell, script, output] of cases) {
    const { stdout, stderr } = run([shell, shell === "zsh" ? "-fc" : "-c", script], { env });
    t.equal(stdout, output, `${shell}: ${script}\n${stderr}`);
  }
});

t.test("pressing TAB runs nothing of what was typed", async (t) => {
  const directory = t.testdir({});
  const trap = `${directory}/trap`;
  mkdirSync(`${directory}/bin`);
  writeFileSync(trap, `#!/bin/sh\ntouch ${directory}/sprung\n`);
  chmodSync(trap, 0o755);
  const env = { PATH: `${patchbay}:${process.env["PATH"]}`, HOME: directory };
  const typed = `'$(${trap})' '\`${trap}\`' ''`;
  runOk(
    [
      "bash",
      "-c",
      `source <(patchbay completion bash); COMP_WORDS=(patchbay add ${typed}); COMP_CWORD=4; _patchbay patchbay`,
    ],
    { env },
  );
  run(
    [
      "zsh",
      "-fc",
      `compdef() { :; }; _describe() { :; }; source <(patchbay completion zsh); words=(patchbay add ${typed}); CURRENT=5; _patchbay`,
    ],
    { env },
  );
  t.throws(() => runOk(["ls", `${directory}/sprung`]));
});
