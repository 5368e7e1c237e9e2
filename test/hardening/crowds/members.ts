/** What becomes of a container: container.sh tells. */
const habits = ["mortal", "killed", "ghost", "barren", "twin"] as const;
export type Habit = (typeof habits)[number];

/** How many of each. */
export type Sizes = { readonly [habit in Habit]: number };

/** One process of the crowd, which plays the runtime of one container. */
export interface Member {
  readonly name: string;
  readonly number: number;
  readonly habit: Habit;
  readonly network: string;
  readonly bridge: string;
}

/** Each has a bridge of its own name. */
export const networks = ["net0", "net1", "net2"] as const;

/** A network without a free address, on the bridge of the first: its ADDs make that, and fail. */
const barrenNetwork = "barren";

export function planCrowd(sizes: Sizes): Member[] {
  const all = habits.flatMap((habit) => Array.from({ length: sizes[habit] }, () => habit));
  return all.map((habit, index) => {
    // Of two twins, the second has the number of the first.
    const isSecond = habit === "twin" && (index - all.indexOf("twin")) % 2 === 1;
    const number = isSecond ? index - 1 : index;
    const bridge = networks[habit === "barren" ? 0 : number % networks.length] ?? "net0";
    const network = habit === "barren" ? barrenNetwork : bridge;
    return { name: `${habit}-${index}`, number, habit, network, bridge };
  });
}

/** As many addresses as there are containers: in a pod's life, none may be missing. */
export function describeIpam(network: string, members: readonly Member[]): string {
  const here = new Set(
    members.filter((each) => each.network === network).map((each) => each.number),
  );
  const third = Math.max(0, (networks as readonly string[]).indexOf(network));
  const isBarren = network === barrenNetwork;
  const subnet = isBarren ? "10.99.0" : `10.88.${third}`;
  const range = {
    subnet: `${subnet}.0/24`,
    rangeStart: `${subnet}.${isBarren ? 1 : 2}`,
    rangeEnd: `${subnet}.${isBarren ? 1 : here.size + 1}`,
  };
  return `"ipam":${JSON.stringify({ type: "host-local", ranges: [[range]] })}`;
}

/** @returns what GC is told: all but the ghosts may be alive at any moment */
export function validAttachments(members: readonly Member[]): string {
  return members
    .filter(({ habit }) => habit !== "ghost")
    .map(({ number }) => JSON.stringify({ containerID: `container-${number}`, ifname: "eth0" }))
    .join(",");
}
