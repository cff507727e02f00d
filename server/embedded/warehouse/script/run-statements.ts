import { setImmediate as breath } from "node:timers/promises";
import { WarehouseError } from "../contract.ts";
import { toWarehouseError } from "../job-errors.ts";
import type { Expr, Name } from "../sql/parse/ast.ts";
import { errorAt } from "../sql/parse/positions.ts";
import type { Located, Statement } from "../sql/parse/statement-ast.ts";
import { compileType } from "../sql/script-compiler.ts";
import { nullOf, type Typed } from "../sql/types/typed.ts";
import { fieldName, quoteName, scalar } from "../sql/types/types.ts";
import { callProcedure } from "./call-procedure.ts";
import { executeImmediate } from "./execute-immediate.ts";
import { type Frame, isCatchable, Raised, ScriptError, scriptError } from "./frames.ts";
import type { ScriptSession } from "./script-session.ts";
import { isTemporaryFunction } from "./script-text.ts";
import { setMany, setSystem, setVariable } from "./set-variables.ts";

/** Where the statements go on. */
type Flow = { k: "next" } | { k: "return" } | { k: "leave" | "iterate"; label: string | null };

const next: Flow = { k: "next" };

type Node<K extends Statement["k"]> = Extract<Statement, { k: K }>;

/** All statements of a script, of a procedure or of EXECUTE IMMEDIATE. */
export async function runFrame(
  session: ScriptSession,
  frame: Frame,
  statements: Located[],
): Promise<void> {
  await runList(session, frame, statements);
}

/** Statements with the variables that they declare, which end with them. */
async function runList(session: ScriptSession, frame: Frame, statements: Located[]): Promise<Flow> {
  const declared: string[] = [];
  try {
    for (const located of statements) {
      if (located.statement.k === "declare") {
        declared.push(...located.statement.names.map((name) => name.text.toLowerCase()));
      }
      const flow = await runLocated(session, frame, located);
      if (flow.k !== "next") return flow;
    }
    return next;
  } finally {
    for (const name of declared) frame.variables.delete(name);
  }
}

async function runLocated(session: ScriptSession, frame: Frame, at: Located): Promise<Flow> {
  session.job.host.checkCancelled();
  try {
    return await runStatement(session, frame, at);
  } catch (error) {
    if (error instanceof ScriptError) throw error;
    const failure = toWarehouseError(error);
    throw failure.reason === "internalError" ? error : scriptError(failure, at, frame);
  }
}

function runStatement(session: ScriptSession, frame: Frame, at: Located): Promise<Flow> {
  const { statement } = at;
  switch (statement.k) {
    case "block":
      return runBlock(session, frame, statement);
    case "if":
      return runIf(session, frame, statement, at);
    case "caseStatement":
      return runCase(session, frame, statement, at);
    case "loop":
    case "while":
    case "repeat":
      return runLoop(session, frame, statement, at);
    case "for":
      return runFor(session, frame, statement);
    case "leave":
    case "iterate":
      return Promise.resolve({
        k: statement.k,
        label: statement.label?.text.toLowerCase() ?? null,
      });
    case "return":
      return Promise.resolve({ k: "return" });
    default:
      return runPlain(session, frame, at).then(() => next);
  }
}

async function runPlain(session: ScriptSession, frame: Frame, at: Located): Promise<void> {
  const { statement } = at;
  switch (statement.k) {
    case "declare":
      return declare(session, frame, statement, at);
    case "set":
      return setVariable(session, frame, statement, at);
    case "setMany":
      return setMany(session, frame, statement, at);
    case "setSystem":
      return setSystem(session, frame, statement, at);
    case "raise":
      return raise(session, frame, statement, at);
    case "assert":
      return assertTrue(session, frame, statement, at);
    case "transaction":
      return runTransaction(session, statement);
    case "executeImmediate":
      return executeImmediate(session, frame, statement, at);
    case "call":
      return callProcedure(session, frame, statement, at, runFrame);
    default:
      if (isTemporaryFunction(statement)) {
        session.functions.set(statement.name.text.toLowerCase(), statement);
      } else await session.runSql(frame, at);
  }
}

async function declare(
  session: ScriptSession,
  frame: Frame,
  node: Node<"declare">,
  at: Located,
): Promise<void> {
  const type = node.type && compileType(node.type, session.options(frame));
  if (!type && !node.value) {
    throw errorAt(frame.source, node.pos, "A variable needs a type or a DEFAULT");
  }
  const value: Typed = node.value
    ? await session.evaluate(frame, node.value, type, at)
    : nullOf(type ?? scalar("INT64"));
  for (const name of node.names) frame.variables.set(name.text.toLowerCase(), value);
}

async function runBlock(session: ScriptSession, frame: Frame, node: Node<"block">): Promise<Flow> {
  const label = node.label?.text.toLowerCase();
  const leaves = (flow: Flow) =>
    flow.k === "leave" && label !== undefined && flow.label === label ? next : flow;
  const variables = new Set(frame.variables.keys());
  try {
    return leaves(await runList(session, frame, node.body));
  } catch (error) {
    const caught = node.handler && error instanceof ScriptError && isCatchable(error);
    if (!caught || !node.handler) throw error;
    for (const name of frame.variables.keys()) {
      if (!variables.has(name)) frame.variables.delete(name);
    }
    session.state.errors.push(error);
    try {
      return leaves(await runList(session, frame, node.handler));
    } finally {
      session.state.errors.pop();
    }
  }
}

/** NULL counts as FALSE. */
async function isTrue(
  session: ScriptSession,
  frame: Frame,
  condition: Expr,
  at: Located,
): Promise<boolean> {
  const value = await session.evaluate(frame, condition, scalar("BOOL"), at);
  return value.sql === "true";
}

async function runIf(
  session: ScriptSession,
  frame: Frame,
  node: Node<"if">,
  at: Located,
): Promise<Flow> {
  for (const { condition, body } of node.branches) {
    if (await isTrue(session, frame, condition, at)) return runList(session, frame, body);
  }
  return runList(session, frame, node.otherwise);
}

async function runCase(
  session: ScriptSession,
  frame: Frame,
  node: Node<"caseStatement">,
  at: Located,
): Promise<Flow> {
  const { operand, whens, pos } = node;
  const otherwise = node.otherwise ?? [];
  if (operand) {
    const number = (n: number): Expr => ({ k: "literal", type: "INT64", text: String(n), pos });
    const branch: Expr = {
      k: "case",
      operand,
      whens: whens.map(({ value }, i): [Expr, Expr] => [value, number(i)]),
      otherwise: number(whens.length),
      pos,
    };
    const chosen = await session.evaluate(frame, branch, scalar("INT64"), at);
    return runList(session, frame, whens[Number.parseInt(chosen.sql, 10)]?.body ?? otherwise);
  }
  for (const { value, body } of whens) {
    if (await isTrue(session, frame, value, at)) return runList(session, frame, body);
  }
  return runList(session, frame, otherwise);
}

/** What a loop's body has said: go on, or end with this. */
function afterBody(flow: Flow, label: Name | null): "again" | "end" | Flow {
  if (flow.k === "next") return "again";
  if (flow.k !== "leave" && flow.k !== "iterate") return flow;
  const mine = flow.label === null || flow.label === label?.text.toLowerCase();
  if (!mine) return flow;
  return flow.k === "leave" ? "end" : "again";
}

async function runLoop(
  session: ScriptSession,
  frame: Frame,
  node: Node<"loop" | "while" | "repeat">,
  at: Located,
): Promise<Flow> {
  while (true) {
    // A loop without a statement that waits would keep the whole process to itself.
    await breath();
    session.job.host.checkCancelled();
    if (node.k === "while" && !(await isTrue(session, frame, node.condition, at))) return next;
    const after = afterBody(await runList(session, frame, node.body), node.label);
    if (after === "end") return next;
    if (after !== "again") return after;
    if (node.k === "repeat" && (await isTrue(session, frame, node.until, at))) return next;
  }
}

async function runFor(session: ScriptSession, frame: Frame, node: Node<"for">): Promise<Flow> {
  const query: Located = {
    statement: { k: "query", query: node.query, pos: node.pos },
    start: node.queryStart,
    end: node.queryEnd,
  };
  const document = await session.runSql(frame, query);
  const columns = session.columnsOf(document);
  const type = { kind: "STRUCT" as const, fields: columns };
  const variable = node.variable.text.toLowerCase();
  try {
    for await (const row of session.rowsOf(document)) {
      session.job.host.checkCancelled();
      const parts = row.map(
        (value, i) =>
          `${quoteName(fieldName(columns[i] ?? { name: null, type }, i))} := ${value.sql}`,
      );
      frame.variables.set(variable, { sql: `struct_pack(${parts.join(", ")})`, type });
      const after = afterBody(await runList(session, frame, node.body), node.label);
      if (after === "end") return next;
      if (after !== "again") return after;
    }
    return next;
  } finally {
    frame.variables.delete(variable);
  }
}

async function raise(
  session: ScriptSession,
  frame: Frame,
  node: Node<"raise">,
  at: Located,
): Promise<void> {
  const pending = session.state.errors.at(-1);
  if (!node.message && pending) throw pending;
  const message = node.message
    ? await session.evaluate(frame, node.message, scalar("STRING"), at)
    : nullOf(scalar("STRING"));
  throw new Raised("invalidQuery", (await session.textOf(message)) ?? "NULL");
}

async function assertTrue(
  session: ScriptSession,
  frame: Frame,
  node: Node<"assert">,
  at: Located,
): Promise<void> {
  if (await isTrue(session, frame, node.condition, at)) return;
  const told = node.message === null ? "" : `: ${node.message}`;
  throw new WarehouseError("invalidQuery", `Assertion failed${told}`);
}

async function runTransaction(
  session: ScriptSession,
  { action }: Node<"transaction">,
): Promise<void> {
  const { job } = session;
  if (action === "begin") {
    if (job.transaction) {
      throw new WarehouseError("invalidQuery", "Transaction is already in progress");
    }
    return job.begin();
  }
  if (!job.transaction) {
    throw new WarehouseError("invalidQuery", "There is no active transaction");
  }
  return job.endTransaction(action);
}
