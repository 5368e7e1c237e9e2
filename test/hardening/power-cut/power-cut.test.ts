import t from "tap";
import { randomFrom } from "../support/random.ts";
import { cutPower } from "./campaign.ts";
import { Store, scenes } from "./store.ts";
import { listPrefixes, listReorderings } from "./wreck.ts";

t.setTimeout(570_000);

for (const scene of scenes) {
  t.test(
    `whatever a power cut leaves of ${scene.name}, the next boot has all addresses`,
    async (t) => {
      const plan = (store: Store) =>
        some([...listPrefixes(store.recording), ...reorder(store)], 60);
      const { complaints } = await cutPower(t, scene, { plan, labs: 2 });
      t.same(complaints, []);
    },
  );
}

function reorder({ recording }: Store) {
  return listReorderings(recording, { times: 1, random: randomFrom(1) });
}

/** Evenly spread over all of them. */
function some<T>(all: readonly T[], count: number): T[] {
  return all.filter(
    (_, index) =>
      Math.floor((index * count) / all.length) !== Math.floor(((index - 1) * count) / all.length),
  );
}

t.test("what is left is on the disk: without a boot it would count", async (t) => {
  const [, scene] = scenes;
  if (scene === undefined) return;
  const store = await Store.start(t, scene, { isBooted: false });
  const all = listPrefixes(store.recording)
    .filter(({ what }) => what.endsWith("kept"))
    .at(-1);
  t.match(all && (await store.try(all)), /no IP addresses available.*198\.18\.70\.2, is held by/s);
});
