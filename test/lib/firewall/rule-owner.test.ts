import { createHash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import {
  describeTag,
  formatTag,
  isSameContainer,
  isTagOfNetwork,
  parseTag,
  tagKey,
} from "../../../lib/firewall/rule-owner.ts";

/** Node has no `Bun`; its hashes are the same. */
class CryptoHasher {
  readonly #hash;
  constructor(algorithm: string) {
    this.#hash = createHash(algorithm);
  }
  update(text: string): this {
    this.#hash.update(text);
    return this;
  }
  digest(encoding: "hex" | "base64url"): string {
    return this.#hash.digest(encoding);
  }
}
Object.assign(globalThis, { Bun: { CryptoHasher } });

const idCharacters = [..."abcXYZ019_.-"];
const anyId = fc
  .array(fc.constantFrom(...idCharacters), { minLength: 1, maxLength: 150 })
  .map((letters) => `a${letters.join("")}`);
/** Interface names may have anything but slashes, colons and spaces: up to 15 bytes. */
const anyIfName = fc
  .array(fc.constantFrom(...'abz019_.-"~%\\@+é'), { minLength: 1, maxLength: 7 })
  .map((letters) => letters.join(""));
const anyOwner = fc.record({ network: anyId, containerId: anyId, ifName: anyIfName });

t.test("a tag is short enough for a comment of nft, and cannot break out of it", (t) => {
  fc.assert(
    fc.property(anyOwner, (owner) => {
      const tag = formatTag(owner);
      t.ok(Buffer.byteLength(tag) <= 127);
      t.match(tag, /^[\w.~:@+=,/-]+$/);
      t.equal(tag.split("/").length, 3);
    }),
  );
  t.end();
});

t.test("a tag tells whether an attachment is of the same container", (t) => {
  fc.assert(
    fc.property(anyOwner, anyOwner, (one, other) => {
      const [tag, otherTag] = [one, other].map(formatTag);
      const same = formatTag({ ...other, containerId: one.containerId });
      t.ok(isSameContainer(`${tag}`, same));
      t.equal(isSameContainer(`${tag}`, `${otherTag}`), one.containerId === other.containerId);
    }),
  );
  t.notOk(isSameContainer("somebody", "somebody"), "what is no tag is nobody's");
  t.end();
});

t.test("two owners have the same tag only when they are the same", (t) => {
  const longNames = [
    { network: "n".repeat(47), containerId: "c", ifName: "e" },
    { network: `${"n".repeat(46)}m`, containerId: "c", ifName: "e" },
    { network: "n", containerId: `${"c".repeat(64)}1`, ifName: "e" },
    { network: "n", containerId: `${"c".repeat(64)}2`, ifName: "e" },
    { network: "n", containerId: "c", ifName: 'e"' },
    { network: "n", containerId: "c", ifName: "e_" },
    { network: "n", containerId: "c", ifName: "e~" },
  ];
  t.equal(new Set(longNames.map(formatTag)).size, longNames.length);
  fc.assert(
    fc.property(anyOwner, anyOwner, (a, b) => {
      t.equal(formatTag(a) === formatTag(b), JSON.stringify(a) === JSON.stringify(b));
    }),
  );
  t.end();
});

t.test("a tag says what network it is of, whatever the length of its name", (t) => {
  fc.assert(
    fc.property(anyOwner, anyId, (owner, other) => {
      t.ok(isTagOfNetwork(formatTag(owner), owner.network));
      t.equal(isTagOfNetwork(formatTag(owner), other), other === owner.network);
    }),
  );
  t.end();
});

t.test("who is named in whole can be read back, who is not is nobody to be sure of", (t) => {
  const owner = { network: "web", containerId: "3f2a", ifName: "eth0" };
  t.equal(formatTag(owner), "web/3f2a/eth0");
  t.same(parseTag("web/3f2a/eth0"), owner);
  t.equal(parseTag(formatTag({ ...owner, containerId: "c".repeat(65) })), undefined);
  t.equal(parseTag("somebody's comment"), undefined);
  t.equal(describeTag("web/3f2a/eth0"), 'container "3f2a" (interface "eth0", network "web")');
  t.match(describeTag("mine"), '"mine"');
  t.end();
});

t.test("a key fits an interface name, and a file's", (t) => {
  fc.assert(
    fc.property(anyOwner, (owner) => {
      t.match(tagKey(formatTag(owner)), /^[\w-]{15}$/);
    }),
  );
  t.end();
});
