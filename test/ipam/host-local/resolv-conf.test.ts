import t from "tap";
import { parseResolvConf } from "../../../ipam/host-local/resolv-conf.ts";

t.test("what a resolv.conf says goes into the result", async (t) => {
  t.same(parseResolvConf("nameserver 192.0.2.0\nnameserver 192.0.2.1\n"), {
    nameservers: ["192.0.2.0", "192.0.2.1"],
  });
});

t.test("comments, blank lines and lone words are passed over", async (t) => {
  const text =
    "# nameserver 192.0.2.8\n; nameserver 192.0.2.9\n\n  # more\nnameserver\nsortlist 1\n";
  t.same(parseResolvConf(text), {});
});

t.test("search and options add up, the last domain counts, of a nameserver one word", async (t) => {
  const text = [
    "  nameserver\t192.0.2.2  trailing",
    "domain example.com",
    "domain example.net",
    "options one two three",
    "options four",
    "search example.com example.net",
    "search example.org\r",
  ].join("\n");
  t.same(parseResolvConf(text), {
    nameservers: ["192.0.2.2"],
    domain: "example.net",
    search: ["example.com", "example.net", "example.org"],
    options: ["one", "two", "three", "four"],
  });
});
