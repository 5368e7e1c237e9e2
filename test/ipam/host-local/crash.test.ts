import t from "tap";
import {
  expectRecovered,
  expectWhole,
  findScenePoints,
  play,
  scenes,
  victim,
} from "../../support/ipam-scenes.ts";
import { killedAt } from "../../support/strace.ts";

for (const scene of scenes) {
  t.test(
    `killed anywhere in ${scene.name}, nothing is left that DEL or GC cannot take`,
    async (t) => {
      const points = findScenePoints(t, scene);
      t.ok(points.length > 5, `${points.length} points`);
      for (const [index, point] of points.entries()) {
        const lab = play(t, scene);
        const outcome = lab.call(scene.verb, { ...victim, prefix: killedAt(point) });
        t.equal(outcome.exitCode, -1, `killed: ${point.text}`);
        expectWhole(t, lab, scene, point);
        if (index % 2 === 0) lab.del("victim");
        else {
          const valid = [{ containerID: "other", ifname: "eth0" }];
          const config = { "cni.dev/valid-attachments": valid };
          lab.succeed("GC", { cniVersion: "1.1.0", config });
        }
        expectRecovered(t, lab, scene, point);
      }
    },
  );
}
