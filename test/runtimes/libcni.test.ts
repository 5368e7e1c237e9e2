import { existsSync } from "node:fs";
import t, { type Test } from "tap";
import { readExample } from "../conf/example.ts";
import { waitFor } from "../support/wait.ts";
import { Containerd } from "./containerd.ts";
import { image } from "./image.ts";
import { Machine } from "./machine.ts";
import { lacksPrograms } from "./requirements.ts";

/*
 * patchbay takes the part of libcni, on files and with plugins that are not ours.
 */

const patchbay = "/opt/cni/bin/patchbay";

t.test("what containerd remembers, patchbay checks and collects", async (t) => {
  const machine = await Machine.start(t);
  machine.write("/etc/cni/net.d/10-containers.conflist", readExample("single-node"));
  const containerd = await Containerd.start(t, machine, "default");
  machine.exec(patchbay, "status", "containers");

  const before = machine.lab.snapshot();
});
