import { parentPort } from "node:worker_threads";
import { type Dialect, parse } from "@polyglot-sql/sdk";
import { scanReferences } from "../domain/table-references/scan-references.ts";
import { walkAst } from "../domain/table-references/walk-ast.ts";
import type { ParserAnswer, ParserRequest } from "./sql-parser-lane.ts";

/**
 * The thread that reads SQL: answers every request in the order they came, one message each. Never
 * polyglot's `analyzeQuery`: it can run for minutes and spoils the module for every later call.
 */
const port = parentPort;
if (!port) throw new Error("sql-parser.worker.ts runs as a worker thread only");
const bigquery = "bigquery" as Dialect;

port.on("message", (request: ParserRequest) => {
  const answer: ParserAnswer = {
    ...readAst(request),
    scanner: scanReferences(request.sql, { legacySql: request.legacySql }),
  };
  port.postMessage(answer);
});
port.postMessage("ready");

function readAst({ sql, legacySql }: ParserRequest): Omit<ParserAnswer, "scanner"> {
  if (legacySql) return { ast: null, astError: "it is legacy SQL", isBroken: false };
  try {
    const parsed = parse(sql, bigquery);
    if (!parsed.success || !Array.isArray(parsed.ast)) {
      const reason = parsed.error ?? "no reason given";
      // A trap leaves the module's memory in an unknown state: this thread must not be used again.
      return { ast: null, astError: reason, isBroken: reason.startsWith("WASM") };
    }
    const { tables, unread } = walkAst(parsed.ast);
    if (unread === 0) return { ast: tables, astError: null, isBroken: false };
    return { ast: null, astError: "it does not know one of the statements", isBroken: false };
  } catch (error) {
    return { ast: null, astError: String(error), isBroken: true };
  }
}
