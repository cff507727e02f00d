import { WarehouseError } from "../contract.ts";
import type { SqlFunction } from "../sql/analyze/context.ts";
import { position } from "../sql/parse/positions.ts";
import type { Located } from "../sql/parse/statement-ast.ts";
import type { Typed } from "../sql/types/typed.ts";

/** A text that is being run: the script, a procedure or the SQL of EXECUTE IMMEDIATE. */
export interface Frame {
  source: string;
  /** `dataset.procedure`; empty for the script itself. */
  name: string;
  /** By lower-cased name. A value is DuckDB's SQL of a constant. */
  variables: Map<string, Typed>;
  /** Values of EXECUTE IMMEDIATE … USING; null: the request's parameters. */
  bound: { name: string | null; value: Typed }[] | null;
  caller: { frame: Frame; at: Located } | null;
  depth: number;
}

export type TemporaryFunctions = Map<string, SqlFunction>;

interface Place {
  name: string;
  line: number;
  column: number;
}

/** An error of a script, with what @@error tells of it. */
export class ScriptError extends WarehouseError {
  /** @@error.message */
  readonly text: string;
  readonly statementText: string;
  /** Innermost first. */
  readonly places: Place[];

  constructor(
    failure: WarehouseError,
    told: { text: string; message: string; statementText: string; places: Place[] },
  ) {
    super(failure.reason, told.message);
    this.text = told.text;
    this.statementText = told.statementText;
    this.places = told.places;
  }
}

/** RAISE USING MESSAGE: the message alone is the error's. */
export class Raised extends WarehouseError {}

const uncatchable = new Set<string>([
  "notImplemented",
  "stopped",
  "timeout",
  "internalError",
  "resourcesExceeded",
]);

/** What a handler may catch: refusals of our own, a cancel or our own limits end the script. */
export function isCatchable(error: WarehouseError): boolean {
  return !uncatchable.has(error.reason);
}

const atPosition = /at \[(\d+:\d+)\]$/;

/** The error as one of the statement at hand, in BigQuery's words and with the place. */
export function scriptError(failure: WarehouseError, at: Located, frame: Frame): WarehouseError {
  if (failure instanceof ScriptError || !isCatchable(failure)) return failure;
  const prefix = frame.name === "" ? "" : `${frame.name}:`;
  const located = atPosition.test(failure.message)
    ? failure.message.replace(atPosition, `at [${prefix}$1]`)
    : `${failure.message} at [${prefix}${position(frame.source, at.start).slice(1, -1)}]`;
  const message = `Query error: ${located}`;
  return new ScriptError(failure, {
    message,
    text: failure instanceof Raised ? failure.message : message,
    statementText: statementText(at, frame),
    places: placesOf(at, frame),
  });
}

/** Statements with others in them are told up to their condition. */
function statementText({ statement, start, end }: Located, { source }: Frame): string {
  const text = source.slice(start, end);
  const cut = (word: RegExp) =>
    `${text.slice(0, word.exec(text)?.index ?? text.length).trimEnd()}...`;
  switch (statement.k) {
    case "if":
      return cut(/\bTHEN\b/i);
    case "while":
    case "for":
      return cut(/\bDO\b/i);
    case "caseStatement":
      return cut(/\bWHEN\b/i);
    default:
      return text;
  }
}

function placesOf(at: Located, frame: Frame): Place[] {
  const [line = 1, column = 1] = position(frame.source, at.start)
    .slice(1, -1)
    .split(":")
    .map(Number);
  const here = { name: frame.name, line, column };
  return frame.caller ? [here, ...placesOf(frame.caller.at, frame.caller.frame)] : [here];
}

export function stackText(places: Place[]): string {
  return places.map(({ name, line, column }) => `At ${name}[${line}:${column}]\n`).join("");
}
