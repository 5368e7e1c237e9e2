import { readFileSync } from "node:fs";

/** A block of code under one of the headings of README.md. */
export interface Snippet {
  readonly language: string;
  readonly text: string;
}

/** @returns what README.md tells those to write or run who use a runtime, in its order */
export function readSnippets(heading: string): Snippet[] {
  const sections = readFileSync("README.md", "utf8").split(/^##+ /m);
  const section = sections.find((each) => each.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`README.md has no "${heading}"`);
  const blocks = section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, language = "", text = ""]) => ({ language, text }));
}

/** @returns the only one of a language */
export function readSnippet(heading: string, language: string): string {
  const [snippet, ...others] = readSnippets(heading).filter((each) => each.language === language);
  if (snippet !== undefined && others.length === 0) return snippet.text;
  throw new Error(`README.md has no single snippet of ${language} for "${heading}"`);
}
