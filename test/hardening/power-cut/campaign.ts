import type { Test } from "tap";
import { type Scene, Store } from "./store.ts";
import type { Wreck } from "./wreck.ts";

export interface Survived {
  readonly cases: number;
  readonly complaints: readonly string[];
}

/** Cuts the power in the middle of a scene, in all the ways that `plan` comes up with. */
export async function cutPower(
  t: Pick<Test, "teardown">,
  scene: Scene,
  { plan, labs }: { plan: (store: Store) => readonly Wreck[]; readonly labs: number },
): Promise<Survived> {
  const stores = await Promise.all(Array.from({ length: labs }, () => Store.start(t, scene)));
  const [first] = stores;
  if (first === undefined) throw new Error("Without a lab there is nothing to try");
  const wrecks = [...plan(first)];
  const { length: cases } = wrecks;
  const complaints: string[] = [];
  await Promise.all(
    stores.map(async (store) => {
      for (let wreck = wrecks.shift(); wreck !== undefined; wreck = wrecks.shift()) {
        const complaint = await store.try(wreck);
        if (complaint !== "") complaints.push(`${scene.name}, ${wreck.what}:\n${complaint}`);
      }
    }),
  );
  return { cases, complaints };
}
