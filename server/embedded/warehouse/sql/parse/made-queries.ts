import type { FromItem, Query, Select } from "./ast.ts";

/** Queries that nobody wrote: what clauses such as PIVOT stand for. */

/** A SELECT with nothing in it yet. */
export function emptySelect(pos: number): Select {
  return {
    k: "select",
    distinct: false,
    as: null,
    items: [],
    from: null,
    where: null,
    groupBy: null,
    having: null,
    qualify: null,
    windows: [],
    pos,
  };
}

/** `SELECT * FROM from`. */
export function starOf(from: FromItem): Select {
  const { pos } = from;
  const star = { k: "star" as const, base: null, modifiers: { except: [], replace: [] }, pos };
  return { ...emptySelect(pos), items: [star], from };
}

/** The body as a query without order, limit or WITH. */
export function queryOf(body: Query["body"]): Query {
  const { pos } = body;
  return { recursive: false, withs: [], body, orderBy: [], limit: null, offset: null, pos };
}
