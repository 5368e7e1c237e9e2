import { readFileSync } from "node:fs";
import t from "tap";

/** Links such as [what the test promises](test/a.test.ts). */
const links = [...readFileSync("SECURITY.md", "utf8").matchAll(/\[([^\]]+)\]\((test\/[^)]+)\)/g)];

t.test("every promise of the security policy is the name of a test that there is", async (t) => {
  t.ok(links.length > 20);
  for (const [, name = "", file = ""] of links) {
    // A long name may go over two lines.
    const source = readFileSync(file, "utf8").replaceAll(/\s+/g, " ");
    t.ok(source.includes(name), `"${name}" is in ${file}`);
  }
});
