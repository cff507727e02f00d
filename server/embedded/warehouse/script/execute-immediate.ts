import { WarehouseError } from "../contract.ts";
import { toWarehouseError } from "../job-errors.ts";
import { errorAt, notSupported } from "../sql/parse/positions.ts";
import type { Located, Statement } from "../sql/parse/statement-ast.ts";
import { parseProgram } from "../sql/parse/statements.ts";
import { coerce } from "../sql/types/coerce.ts";
import { nullOf, type Typed } from "../sql/types/typed.ts";
import { scalar, typeName } from "../sql/types/types.ts";
import { type Frame, scriptError } from "./frames.ts";
import type { ScriptSession } from "./script-session.ts";
import { isProcedural, isTemporaryFunction } from "./script-text.ts";
import { declaredVariable } from "./set-variables.ts";

type Node = Extract<Statement, { k: "executeImmediate" }>;

const maxDepth = 50;

/** EXECUTE IMMEDIATE: one statement, which sees the values of USING and no variables. */
export async function executeImmediate(
  session: ScriptSession,
  frame: Frame,
  node: Node,
  at: Located,
): Promise<void> {
  for (const name of node.into) declaredVariable(frame, name);
  const sql = await session.textOf(await session.evaluate(frame, node.sql, scalar("STRING"), at));
  const fail = (message: string) => errorAt(frame.source, node.sql.pos, message);
  if (sql === null) throw fail("EXECUTE IMMEDIATE sql string cannot be NULL");
  const bound = await boundValues(session, frame, node, at);
  checkInto(frame, node);
  const statement = parseOne(sql, fail);
  const inner: Frame = {
    source: sql,
    name: "",
    variables: new Map(),
    bound,
    caller: { frame, at },
    depth: frame.depth + 1,
  };
  if (inner.depth >= maxDepth) {
    throw fail("Out of stack space due to deeply-nested execute immediate call");
  }
  if (isTemporaryFunction(statement.statement)) {
    session.functions.set(statement.statement.name.text.toLowerCase(), statement.statement);
    return;
  }
  try {
    await runInto(session, frame, node, inner, statement);
  } catch (error) {
    throw scriptError(toWarehouseError(error), statement, inner);
  }
}

async function runInto(
  session: ScriptSession,
  frame: Frame,
  node: Node,
  inner: Frame,
  statement: Located,
): Promise<void> {
  if (node.into.length > 0 && statement.statement.k !== "query") {
    throw new WarehouseError(
      "invalidQuery",
      "EXECUTE IMMEDIATE with INTO clause must use a query statement",
    );
  }
  const document = await session.runSql(inner, statement);
  if (node.into.length === 0) return;
  const columns = session.columnsOf(document);
  if (columns.length !== node.into.length) {
    throw new WarehouseError(
      "invalidQuery",
      `Variables returned by Dynamic SQL do not match number of variables in INTO clause, expected ${node.into.length} columns, but got ${columns.length}`,
    );
  }
  const rows: Typed[][] = [];
  for await (const row of session.rowsOf(document)) {
    rows.push(row);
    if (rows.length > 1) {
      throw new WarehouseError(
        "invalidQuery",
        "DynamicSQL may only return 0 or 1 rows with INTO clause",
      );
    }
  }
  for (const [i, name] of node.into.entries()) {
    const { type } = declaredVariable(frame, name);
    const value = rows[0]?.[i];
    const coerced = value ? coerce(value, type) : nullOf(type);
    if (!coerced) {
      throw new WarehouseError(
        "invalidQuery",
        `Value returned by Dynamic SQL has type ${typeName(columns[i]?.type ?? type)} which is not assignable to variable ${name.text} of type ${typeName(type)}`,
      );
    }
    frame.variables.set(name.text.toLowerCase(), await session.constant(coerced));
  }
}

function parseOne(sql: string, fail: (message: string) => WarehouseError): Located {
  if (/^[\s;]*$/.test(sql)) throw fail("Empty EXECUTE IMMEDIATE sql string cannot be executed");
  let statements: Located[];
  try {
    statements = parseProgram(sql);
  } catch (error) {
    if (!(error instanceof WarehouseError) || error.reason === "notImplemented") throw error;
    throw fail(`Invalid EXECUTE IMMEDIATE sql string \`${sql}\`, ${error.message}`);
  }
  const [first, second] = statements;
  if (!first || second) {
    throw fail("EXECUTE IMMEDIATE sql string must contain exactly one statement");
  }
  const { k } = first.statement;
  if (k === "call" || k === "assert" || k === "transaction") {
    throw notSupported("CALL, ASSERT and transactions in EXECUTE IMMEDIATE");
  }
  if (isProcedural(first.statement)) {
    throw fail("SQL created by EXECUTE IMMEDIATE contains unsupported statement type");
  }
  return first;
}

async function boundValues(
  session: ScriptSession,
  frame: Frame,
  node: Node,
  at: Located,
): Promise<Frame["bound"]> {
  const bound: { name: string | null; value: Typed }[] = [];
  const named = node.using.some(({ name }) => name !== null);
  for (const { value, name } of node.using) {
    if ((name !== null) !== named) {
      throw errorAt(
        frame.source,
        value.pos,
        "EXECUTE IMMEDIATE USING parameters must be all positional or all named.",
      );
    }
    if (name && bound.some((other) => other.name?.toLowerCase() === name.text.toLowerCase())) {
      throw errorAt(
        frame.source,
        name.pos,
        `EXECUTE IMMEDIATE USING parameters must have unique names, found duplicate name: ${name.text}`,
      );
    }
    bound.push({
      name: name?.text ?? null,
      value: await session.evaluate(frame, value, null, at),
    });
  }
  return bound;
}

function checkInto(frame: Frame, node: Node): void {
  const seen = new Set<string>();
  for (const name of node.into) {
    const key = name.text.toLowerCase();
    if (seen.has(key)) {
      throw errorAt(
        frame.source,
        name.pos,
        "EXECUTE IMMEDIATE with INTO clause cannot assign to the same variable multiple times",
      );
    }
    seen.add(key);
  }
}
