import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { createSqlParser, type SqlParser, type SqlReferences } from "../connectors/sql-parser.ts";
import { sortedNames } from "../domain/table-references/source-names.ts";

/**
 * `maestro references --jsonl`: one `{"path","sql","legacy"?}` a line in, one `{"path","sources"}` a
 * line out, in the order of the input. Sources are the union of what the parser's AST and the
 * scanner find. A line that is no such object is reported on `errors` with its number and the field
 * at fault, and gets no answer; the others do.
 *
 * Resolves to the exit code: 1 if any line was refused. Lines are read ahead only as far as keeps
 * the parser busy, and no further than `output` takes them.
 */
export async function runReferences(streams: {
  input: Readable;
  output: Writable;
  errors?: Writable;
  /** Where the caller has one; else one is made for the command and closed after it. */
  parser?: SqlParser;
}): Promise<number> {
  const { input, output, errors = process.stderr } = streams;
  const parser = streams.parser ?? createSqlParser({ cacheSize: 256 });
  // Whoever reads our output may have seen enough (`| head`): that ends the work, with no error.
  const closed = new AbortController();
  const stop = () => closed.abort();
  output.on("error", stop);
  try {
    return await answerLines(input, output, errors, parser, closed.signal);
  } catch (error) {
    if (closed.signal.aborted) return 0;
    throw error;
  } finally {
    if (!streams.parser) await parser.close();
  }
}

/** Lines being read at once: enough for the parser's threads, little in memory. */
const readAhead = 64;

interface Answer {
  path: string;
  references: Promise<SqlReferences>;
}

async function answerLines(
  input: Readable,
  output: Writable,
  errors: Writable,
  parser: SqlParser,
  closed: AbortSignal,
): Promise<number> {
  const pending: Answer[] = [];
  let exitCode = 0;
  let lineNumber = 0;
  for await (const line of linesOf(input)) {
    lineNumber += 1;
    if (line.trim() === "") continue;
    const request = readRequest(line);
    if ("fault" in request) {
      errors.write(`line ${lineNumber}: ${request.fault}\n`);
      exitCode = 1;
      continue;
    }
    const { path, sql, legacySql } = request;
    pending.push({ path, references: parser.references(sql, { legacySql }) });
    if (pending.length >= readAhead) await writeFirst(pending, output, closed);
  }
  while (pending.length > 0) await writeFirst(pending, output, closed);
  return exitCode;
}

/**
 * Lines end at a newline alone: readline would also split at U+2028, which JSON strings may hold.
 */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const [head = "", ...lines] = text.split("\n");
    parts.push(head);
    for (const line of lines) {
      yield parts.join("");
      parts = [line];
    }
  }
  yield parts.join("") + decoder.decode();
}

async function writeFirst(pending: Answer[], output: Writable, closed: AbortSignal): Promise<void> {
  closed.throwIfAborted();
  const first = pending.shift();
  if (!first) return;
  const { ast, scanner } = await first.references;
  const sources = sortedNames(new Set([...(ast ?? []), ...scanner]));
  if (!output.write(`${JSON.stringify({ path: first.path, sources })}\n`)) {
    await once(output, "drain", { signal: closed });
  }
}

type Request = { path: string; sql: string; legacySql: boolean } | { fault: string };

/** By hand: the command must start at once, and a schema library takes longer to load than to read. */
function readRequest(line: string): Request {
  let value: unknown;
  try {
    value = JSON.parse(line.replace(/^\uFEFF/, ""));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { fault: `not JSON (${why}); each line must be one {"path", "sql"} object` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { fault: `expected an object with "path" and "sql", got ${describe(value)}` };
  }
  const { path, sql, legacy } = value as Record<string, unknown>;
  if (typeof path !== "string") return { fault: `field "path": ${expected("a string", path)}` };
  if (typeof sql !== "string") return { fault: `field "sql": ${expected("a string", sql)}` };
  if (legacy != null && typeof legacy !== "boolean") {
    return { fault: `field "legacy": ${expected("true or false", legacy)}` };
  }
  return { path, sql, legacySql: legacy === true };
}

function expected(what: string, got: unknown): string {
  return got === undefined ? `missing; it must be ${what}` : `must be ${what}, is ${describe(got)}`;
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : JSON.stringify(value).slice(0, 60);
}
