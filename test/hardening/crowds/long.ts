/** Lets crowds at new nodes, for minutes: short ones, since the first seconds are the hardest. */
import { cleanly, type LongRun, type Outcome, runLong } from "../support/long-run.ts";
import { summarise } from "./calls.ts";
import { letCrowdAt } from "./crowd.ts";
import { planCrowd } from "./members.ts";

const rounds: readonly { readonly seconds: number; readonly times: number }[] = [
  { seconds: 1, times: 10 },
  { seconds: 10, times: 3 },
  { seconds: 60, times: 2 },
];

const members = planCrowd({ mortal: 40, killed: 12, ghost: 4, barren: 4, twin: 4 });

async function work(run: LongRun): Promise<Outcome> {
  let cases = 0;
  const complaints: string[] = [];
  let seed = run.seed;
  for (const { seconds, times } of rounds) {
    for (let time = 0; time < times; time++) {
      const round = { seconds, seed };
      const survived = await cleanly((t) => letCrowdAt(t, members, round));
      run.say(`seed ${seed}, ${seconds} s: ${summarise(survived.calls)}`);
      for (const complaint of survived.complaints) run.say(`  ${complaint}`);
      cases += survived.calls.length;
      complaints.push(...survived.complaints);
      seed += 1000;
    }
  }
  return { cases, complaints };
}

await runLong("crowds", work);
