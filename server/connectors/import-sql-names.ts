/* What a refusal calls the parts of SQL, by the parser's names for them. */

export const expressionNames: Record<string, string> = {
  select: "a subselect",
  union: "a subselect",
  "union all": "a subselect",
  with: "a subselect",
  values: "a subselect",
  "array select": "a subselect",
  parameter: "a parameter",
  default: "DEFAULT",
  overlay: "OVERLAY",
};

export const statementNames: Record<string, string> = {
  union: "UNION",
  "union all": "UNION ALL",
  with: "WITH (a CTE)",
  "with recursive": "WITH RECURSIVE (a CTE)",
  values: "VALUES",
};

export const clauseNames: Record<string, string> = {
  groupBy: "GROUP BY",
  having: "HAVING",
  orderBy: "ORDER BY",
  distinct: "DISTINCT",
  for: "FOR UPDATE or FOR SHARE",
  skip: "SKIP LOCKED or NOWAIT",
};
