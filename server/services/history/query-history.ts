import { MaestroError } from "../../../shared/errors.ts";
import { type HistoryResult, historyViews } from "../../../shared/history.ts";
import type { FieldSchema } from "../../../shared/table.ts";
import { readHistorySql } from "../../connectors/history-sql.ts";
import { sqlStateOf } from "../../db/constraint.ts";
import { type HistoryRows, selectHistory } from "../../db/history.ts";
import { createLanes } from "../../support/lanes.ts";
import { readPrice } from "../costs/read-price.ts";
import type { Deps } from "../deps.ts";

const mostRows = 1_000;
/** Of one process: what people ask by hand takes no connections from everything else. */
const lanes = createLanes({ lanes: 2, mostWaiting: 50 });

/** One SELECT over the history's tables; nothing else is read, and nothing can be written. */
export async function queryHistory(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
  text: string,
): Promise<HistoryResult> {
  const query = readHistorySql(
    text,
    historyViews.map(({ name }) => name),
  );
  const { pricePerTib } = await readPrice(deps);
  const answer = lanes.run(() => answerQuery(deps, query, pricePerTib));
  if (!answer) throw new MaestroError("rateLimited", "too many queries wait: try again in 10 s");
  return answer;
}

async function answerQuery(
  { db }: Pick<Deps, "db">,
  query: string,
  pricePerTib: number,
): Promise<HistoryResult> {
  const startedMs = performance.now();
  const answer = await selectHistory(db, query, { pricePerTib, limit: mostRows }).catch((error) => {
    throw asInvalid(error);
  });
  if ("refused" in answer) throw new MaestroError("invalidSql", answer.refused);
  return { ...resultOf(answer), tookMs: Math.round(performance.now() - startedMs) };
}

/** By PostgreSQL's ids of types (pg_type.dat); all else is text. */
const types = new Map<number, string>([
  [16, "BOOLEAN"],
  [20, "INTEGER"],
  [21, "INTEGER"],
  [23, "INTEGER"],
  [700, "FLOAT"],
  [701, "FLOAT"],
  [1700, "NUMERIC"],
  [1082, "DATE"],
  [1114, "DATETIME"],
  [1184, "TIMESTAMP"],
]);

function resultOf({ fields, rows }: HistoryRows): Omit<HistoryResult, "tookMs"> {
  const schema = fields.map(
    ({ name, typeId }): FieldSchema => ({
      name,
      type: types.get(typeId) ?? "STRING",
      mode: "NULLABLE",
    }),
  );
  return {
    schema,
    rows: rows
      .slice(0, mostRows)
      .map((row) => row.map((cell, at) => cellOf(cell, schema[at]?.type))),
    isCut: rows.length > mostRows,
  };
}

function cellOf(text: string | null, type: string | undefined): string | number | boolean | null {
  if (text === null) return null;
  if (type === "BOOLEAN") return text === "true";
  if (type !== "INTEGER" && type !== "FLOAT" && type !== "NUMERIC") return text;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** SQLSTATE: 22 is of data, 42 of names and types, 57014 a statement that took too long. */
function asInvalid(error: unknown): unknown {
  const state = sqlStateOf(error) ?? "";
  if (state === "57014") {
    const message = "the query took more than 10 s: narrow it by a time";
    return new MaestroError("timeout", message, { cause: error });
  }
  if (!/^(22|42|21|0A)/.test(state)) return error;
  const { cause } = error as Error;
  const message = cause instanceof Error ? cause.message : String(error);
  return new MaestroError("invalidSql", message.replaceAll(/\b(history|own)_(?=\w)/g, ""), {
    cause: error,
  });
}
