import { type LocationRange, parse, type ValueNode } from "@humanwhocodes/momoa";
import { isJsonObject, type JsonObject, type JsonValue } from "../../cni/json.ts";

/** A place in a file, counted from 1 as editors do. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A value of a document, and where it stands. */
export interface SourceNode {
  readonly value: JsonValue;
  readonly position: Position;
  /** Of an object, in the order of the text, with those that a later one overrules. */
  readonly members: readonly SourceMember[];
  /** Of a list. */
  readonly elements: readonly SourceNode[];
}

export interface SourceMember {
  readonly key: string;
  /** Where the key stands. */
  readonly position: Position;
  readonly node: SourceNode;
}

/** @param text valid JSON */
export function parseSource(file: string, text: string): SourceNode {
  return nodeOf(file, parse(text, { mode: "json" }).body);
}

function nodeOf(file: string, syntax: ValueNode): SourceNode {
  const position = positionOf(file, syntax.loc);
  switch (syntax.type) {
    case "Object": {
      const members = syntax.members.map(({ name, value }) => ({
        key: name.type === "String" ? name.value : name.name,
        position: positionOf(file, name.loc),
        node: nodeOf(file, value),
      }));
      const value = Object.fromEntries(members.map(({ key, node }) => [key, node.value]));
      return { value, position, members, elements: [] };
    }
    case "Array": {
      const elements = syntax.elements.map((element) => nodeOf(file, element.value));
      return { value: elements.map(({ value }) => value), position, members: [], elements };
    }
    case "String":
    case "Number":
    case "Boolean":
      return { value: syntax.value, position, members: [], elements: [] };
    default:
      return { value: null, position, members: [], elements: [] };
  }
}

function positionOf(file: string, { start }: LocationRange): Position {
  return { file, line: start.line, column: start.column };
}

/** Finds a member as Go does: in any case, the last one counts, `null` is absent. */
export function findMemberNode(node: SourceNode | undefined, key: string): SourceNode | undefined {
  const folded = key.toLowerCase();
  return node?.members.findLast(
    (member) => member.key.toLowerCase() === folded && member.node.value !== null,
  )?.node;
}

/**
 * Follows a path such as "ipam.ranges[0][0].subnet" as far as it goes.
 *
 * @returns the value there, or the innermost one on the way that exists
 */
export function nearestNode(node: SourceNode, path: string): SourceNode {
  const steps = path.match(/[^.[\]]+/g) ?? [];
  let nearest = node;
  for (const step of steps) {
    const isIndex = nearest.elements.length > 0 && /^\d+$/.test(step);
    const next = isIndex ? nearest.elements[Number(step)] : findMemberNode(nearest, step);
    if (next === undefined) break;
    nearest = next;
  }
  return nearest;
}

/** @returns the object that a node is; empty when it is something else */
export function objectOf(node: SourceNode | undefined): JsonObject {
  return isJsonObject(node?.value) ? node.value : {};
}

/** @returns the text that a node is; undefined when it is something else */
export function textOf(node: SourceNode | undefined): string | undefined {
  return typeof node?.value === "string" ? node.value : undefined;
}
