import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  stringify,
} from "yaml";
import type { z } from "zod";
import { MaestroError, messageOf } from "./errors.ts";
import { type Specification, specificationSchema } from "./scheduler.ts";

const mostBytes = 256 * 1_024;

/** One thing that is wrong with a specification. */
export interface SpecificationFault {
  /** As a dotted path; empty where it is the whole. */
  field: string;
  text: string;
  /** 1-based; null where no text was given, or it is nowhere in it. */
  position: { line: number; column: number } | null;
}

/** A specification, or all that is wrong with what was given for one. */
export type SpecificationReading =
  | { specification: Specification; faults: null }
  | { specification: null; faults: SpecificationFault[] };

/**
 * A specification of YAML or JSON text, or of what was read from it. Throws one `invalidInput` that
 * lists all that is wrong, each with its field, and names the first as its own.
 */
export function readSpecification(given: unknown): Specification {
  const { specification, faults } = checkSpecification(given);
  if (specification) return specification;
  const [first] = faults;
  const lines = faults.map(({ field, text }) => (field === "" ? text : `${field}: ${text}`));
  throw new MaestroError("invalidInput", lines.join("\n"), {
    ...(first?.field ? { field: first.field } : {}),
    ...(first?.position ? { position: first.position } : {}),
  });
}

/** The same without an error, for those who show each fault at its place. */
export function checkSpecification(given: unknown): SpecificationReading {
  const read = typeof given === "string" ? readText(given) : { value: given, placeOf: () => null };
  if ("fault" in read) return { specification: null, faults: [read.fault] };
  const { value, placeOf } = read;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const text =
      "a specification is a mapping of fields, such as `name: scorer`: see docs/rooms.md";
    return { specification: null, faults: [{ field: "", text, position: placeOf([]) }] };
  }
  const parsed = specificationSchema.safeParse(value);
  if (parsed.success) return { specification: parsed.data, faults: null };
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, placeOf));
  const lineOf = ({ position }: SpecificationFault) => position?.line ?? 0;
  faults.sort((one, other) => lineOf(one) - lineOf(other));
  return { specification: null, faults };
}

/** As YAML, its fields in the order of docs/rooms.md, whatever that was in the database. */
export function writeSpecification(specification: Specification): string {
  return stringify(specificationSchema.parse(specification));
}

type Place = SpecificationFault["position"];
type Text = { value: unknown; placeOf: (path: PropertyKey[]) => Place };

function readText(text: string): Text | { fault: SpecificationFault } {
  const refuse = (why: string, position: Place = null) => ({
    fault: { field: "", text: why, position },
  });
  if (text.length > mostBytes) {
    const has = Math.ceil(text.length / 1_024);
    return refuse(`a specification has at most ${mostBytes / 1_024} KiB, and this has ${has}`);
  }
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error) {
    return refuse(`this is no YAML and no JSON: ${error.message.trim()}`, at(error.pos[0]));
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: 50 });
    return { value, placeOf: (path) => at(offsetOf(document, path)) };
  } catch (error) {
    return refuse(`this is no YAML: ${messageOf(error)}`);
  }
}

/** Where the deepest field of a path begins that the text has. */
function offsetOf({ contents }: Document.Parsed, path: PropertyKey[]): number {
  let node: unknown = contents;
  let offset = beginningOf(contents) ?? 0;
  for (const step of path) {
    const found = isMap(node) ? node.items.find((pair) => isCalled(pair.key, step)) : undefined;
    const item = isSeq(node) && typeof step === "number" ? node.items[step] : undefined;
    offset = beginningOf(found ? found.key : item) ?? offset;
    node = found ? found.value : item;
  }
  return offset;
}

function isCalled(key: unknown, name: PropertyKey): boolean {
  return isScalar(key) && key.value === name;
}

function beginningOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Of fields that do not exist each is one. */
function faultsOf(issue: z.core.$ZodIssue, placeOf: Text["placeOf"]): SpecificationFault[] {
  const field = (path: PropertyKey[]) => path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") {
    return [{ field: field(issue.path), text: issue.message, position: placeOf(issue.path) }];
  }
  return issue.keys.map((key) => {
    const path = [...issue.path, key];
    const text = "there is no such field: take it out, or correct its name";
    return { field: field(path), text, position: placeOf(path) };
  });
}
