import { WarehouseError, type WarehouseRoutine } from "../contract.ts";
import { routineKey } from "../documents.ts";
import type { Expr } from "../sql/parse/ast.ts";
import { checkScript } from "../sql/parse/check-script.ts";
import { errorAt, notSupported } from "../sql/parse/positions.ts";
import type { Located, Statement } from "../sql/parse/statement-ast.ts";
import { parseProgram } from "../sql/parse/statements.ts";
import { declaredType, procedureOf } from "../sql/script-compiler.ts";
import { coerce } from "../sql/types/coerce.ts";
import { nullOf, type Typed } from "../sql/types/typed.ts";
import { type GType, typeName } from "../sql/types/types.ts";
import type { Frame } from "./frames.ts";
import type { ScriptSession } from "./script-session.ts";
import { declaredVariable } from "./set-variables.ts";

type Node = Extract<Statement, { k: "call" }>;
type RunFrame = (session: ScriptSession, frame: Frame, statements: Located[]) => Promise<void>;

const maxDepth = 50;

/** CALL: the procedure's statements with its arguments as variables; OUT and INOUT come back. */
export async function callProcedure(
  session: ScriptSession,
  frame: Frame,
  node: Node,
  at: Located,
  run: RunFrame,
): Promise<void> {
  const written = node.path.map((name) => name.text).join(".");
  const procedure = procedureOf(node.path, session.options(frame));
  const pos = node.path[0]?.pos ?? node.pos;
  if (!procedure) throw errorAt(frame.source, pos, `Procedure is not found: ${written}`);
  checkCount(frame, node, procedure, written);
  if (frame.depth + 1 >= maxDepth) {
    throw errorAt(
      frame.source,
      node.pos,
      `Out of stack space due to deeply-nested procedure call to ${written}`,
    );
  }
  const variables = new Map<string, Typed>();
  for (const [i, argument] of procedure.arguments.entries()) {
    const value = await argumentValue(session, frame, at, argument, node.args[i] as Expr);
    variables.set(argument.name.toLowerCase(), value);
  }
  const inner: Frame = {
    source: procedure.definitionBody,
    name: routineKey(procedure.name),
    variables,
    bound: null,
    caller: { frame, at },
    depth: frame.depth + 1,
  };
  const statements = parseProgram(inner.source);
  checkScript(
    inner.source,
    statements,
    procedure.arguments.map(({ name }) => name),
  );
  await run(session, inner, statements);
  for (const [i, argument] of procedure.arguments.entries()) {
    if (argument.mode === "IN") continue;
    await handBack(session, frame, node.args[i] as Expr, variables, argument.name);
  }
}

function checkCount(frame: Frame, node: Node, procedure: WarehouseRoutine, written: string): void {
  if (procedure.arguments.length === node.args.length) return;
  throw errorAt(
    frame.source,
    node.pos,
    `Number of arguments does not match for procedure ${written}: expected ${procedure.arguments.length}, got ${node.args.length}`,
  );
}

async function argumentValue(
  session: ScriptSession,
  frame: Frame,
  at: Located,
  argument: WarehouseRoutine["arguments"][number],
  expr: Expr,
): Promise<Typed> {
  const type: GType | null = argument.type && declaredType(argument.type, session.options(frame));
  if (argument.mode === "IN") return session.evaluate(frame, expr, type, at);
  const variable = declaredVariable(frame, outputName(frame, expr));
  if (argument.mode === "OUT") return nullOf(type ?? variable.type);
  return session.evaluate(frame, expr, type, at);
}

function outputName(frame: Frame, expr: Expr) {
  const [name, second] = expr.k === "path" ? expr.names : [];
  if (name && !second) return name;
  throw errorAt(frame.source, expr.pos, "Procedure OUT/INOUT argument must be a variable");
}

async function handBack(
  session: ScriptSession,
  frame: Frame,
  expr: Expr,
  variables: Map<string, Typed>,
  parameter: string,
): Promise<void> {
  const name = outputName(frame, expr);
  const { type } = declaredVariable(frame, name);
  const value = variables.get(parameter.toLowerCase());
  if (!value) throw notSupported("a procedure that ends without its argument");
  const coerced = coerce(value, type);
  if (!coerced) {
    throw new WarehouseError(
      "invalidQuery",
      `Variable ${name.text} cannot be passed as output argument ${parameter}, for argument type ${typeName(value.type)} cannot be coerced to variable type ${typeName(type)} when procedure exits`,
    );
  }
  frame.variables.set(name.text.toLowerCase(), await session.constant(coerced));
}
