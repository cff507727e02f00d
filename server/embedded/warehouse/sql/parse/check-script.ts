import type { Name } from "./ast.ts";
import { errorAt, position } from "./positions.ts";
import type { Located, Statement } from "./statement-ast.ts";

interface Place {
  sql: string;
  /** By lower-cased name: where it was declared. */
  variables: Map<string, number>;
  labels: { name: string; isLoop: boolean }[];
  inLoop: boolean;
  inHandler: boolean;
}

/** What BigQuery checks of a script before any of it runs. */
export function checkScript(sql: string, statements: Located[], parameters: string[] = []): void {
  const variables = new Map(parameters.map((name) => [name.toLowerCase(), -1]));
  const place: Place = { sql, variables, labels: [], inLoop: false, inHandler: false };
  checkList(place, statements, true);
}

function checkList(outer: Place, statements: Located[], declares: boolean): void {
  const place = { ...outer, variables: new Map(outer.variables) };
  let begun = !declares;
  for (const { statement } of statements) {
    if (statement.k === "declare") {
      if (begun) {
        throw errorAt(
          place.sql,
          statement.pos,
          "Variable declarations are allowed only at the start of a block or script",
        );
      }
      for (const name of statement.names) declare(place, name);
    } else {
      begun = true;
      checkStatement(place, statement);
    }
  }
}

function declare(place: Place, name: Name): void {
  const before = place.variables.get(name.text.toLowerCase());
  place.variables.set(name.text.toLowerCase(), name.pos);
  if (before === undefined) return;
  if (before < 0) {
    throw errorAt(
      place.sql,
      name.pos,
      `Variable '${name.text}' previously declared as an argument`,
    );
  }
  throw errorAt(
    place.sql,
    name.pos,
    `Variable '${name.text}' redeclaration; ${name.text} previously declared here [at ${position(place.sql, before).slice(1)}`,
  );
}

function checkStatement(place: Place, node: Statement): void {
  switch (node.k) {
    case "block": {
      const inner = withLabel(place, node.label, false);
      checkList(inner, node.body, true);
      if (node.handler) checkList({ ...inner, inHandler: true }, node.handler, true);
      return;
    }
    case "if":
      for (const branch of node.branches) checkList(place, branch.body, false);
      checkList(place, node.otherwise, false);
      return;
    case "caseStatement":
      for (const when of node.whens) checkList(place, when.body, false);
      checkList(place, node.otherwise ?? [], false);
      return;
    case "loop":
    case "while":
    case "repeat":
      checkList(withLabel(place, node.label, true), node.body, false);
      return;
    case "for": {
      const inner = withLabel(place, node.label, true);
      inner.variables = new Map(place.variables);
      declare(inner, node.variable);
      checkList(inner, node.body, false);
      return;
    }
    case "leave":
    case "iterate":
      checkJump(place, node);
      return;
    case "raise":
      if (node.message || place.inHandler) return;
      throw errorAt(
        place.sql,
        node.pos,
        "Cannot re-raise an existing exception outside of an exception handler",
      );
  }
}

function withLabel(place: Place, label: Name | null, isLoop: boolean): Place {
  const labels = label
    ? [...place.labels, { name: label.text.toLowerCase(), isLoop }]
    : place.labels;
  return { ...place, labels, inLoop: place.inLoop || isLoop };
}

function checkJump(place: Place, node: Extract<Statement, { k: "leave" | "iterate" }>): void {
  const word = place.sql.slice(node.pos).split(/\W/, 1)[0]?.toUpperCase() ?? "";
  if (!node.label) {
    if (place.inLoop) return;
    throw errorAt(
      place.sql,
      node.pos,
      `${word} without label is only allowed inside of a loop body`,
    );
  }
  const name = node.label.text.toLowerCase();
  const target = place.labels.findLast((label) => label.name === name);
  if (!target) throw errorAt(place.sql, node.label.pos, `Undefined label: ${node.label.text}`);
  if (node.k === "iterate" && !target.isLoop) {
    throw errorAt(place.sql, node.pos, `${word} with label must refer to a loop`);
  }
}
