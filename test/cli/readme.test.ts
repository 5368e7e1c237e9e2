import { writeFileSync } from "node:fs";
import t from "tap";
import { normalise, parseSessions, readDocument, replaceSessions, runSessions } from "./session.ts";

const file = "lib/cli/README.md";

t.test("the sessions of the documentation are what one sees on a terminal", async (t) => {
  const markdown = readDocument(file);
  const written = parseSessions(markdown);
  const seen = runSessions(t, written);
  // PATCHBAY_RECORD=1 npm test -- test/cli/readme.test.ts
  if (process.env["PATCHBAY_RECORD"]) writeFileSync(file, replaceSessions(markdown, seen));
  else t.same(seen.map(normalise), written.map(normalise));
});
