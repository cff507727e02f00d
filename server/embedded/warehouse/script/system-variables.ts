import { notSupported } from "../sql/parse/positions.ts";
import { int64, nullOf, quoteString, string, type Typed } from "../sql/types/typed.ts";
import { arrayOf, type GType, scalar } from "../sql/types/types.ts";
import { type ScriptError, stackText } from "./frames.ts";

/** What the system variables of a script are made of. */
export interface ScriptState {
  jobId: string;
  creationTime: string;
  childJobs: number;
  lastChildId: string | null;
  bytesProcessed: number;
  bytesBilled: number;
  /** Null where the last statement changed no rows: BigQuery does not say what it is then. */
  rowCount: string | null;
  /** Of the handlers that run, the innermost last. */
  errors: ScriptError[];
}

const stackType: GType = arrayOf({
  kind: "STRUCT",
  fields: [
    { name: "line", type: scalar("INT64") },
    { name: "column", type: scalar("INT64") },
    { name: "filename", type: scalar("STRING") },
    { name: "location", type: scalar("STRING") },
  ],
});

/** Null for those that a single query knows too, and those that are not there. */
export function systemVariable(state: ScriptState, name: string): Typed | null {
  switch (name) {
    case "row_count":
      if (state.rowCount === null) throw notSupported("@@row_count before a DML statement");
      return int64(BigInt(state.rowCount));
    case "script.job_id":
      return string(state.jobId);
    case "script.num_child_jobs":
      return int64(state.childJobs);
    case "script.bytes_processed":
      return int64(state.bytesProcessed);
    case "script.bytes_billed":
      return int64(state.bytesBilled);
    case "script.creation_time":
      return {
        sql: `make_timestamptz(${state.creationTime}000::BIGINT)`,
        type: scalar("TIMESTAMP"),
      };
    case "last_job_id":
      return state.lastChildId === null ? nullOf(scalar("STRING")) : string(state.lastChildId);
    default:
      return name.startsWith("error.") ? errorVariable(state.errors.at(-1), name) : null;
  }
}

function errorVariable(error: ScriptError | undefined, name: string): Typed | null {
  const text = (value: string | undefined) =>
    value === undefined ? nullOf(scalar("STRING")) : string(value);
  switch (name) {
    case "error.message":
      return text(error?.text);
    case "error.statement_text":
      return text(error?.statementText);
    case "error.formatted_stack_trace":
      return text(error && stackText(error.places));
    case "error.stack_trace":
      return error ? stackTrace(error) : nullOf(stackType);
    default:
      return null;
  }
}

function stackTrace({ places }: ScriptError): Typed {
  const items = places.map(({ name, line, column }) => {
    const location = name === "" ? "CAST(NULL AS VARCHAR)" : quoteString(name);
    return `struct_pack("line" := ${line}::BIGINT, "column" := ${column}::BIGINT, "filename" := CAST(NULL AS VARCHAR), "location" := ${location})`;
  });
  return { sql: `[${items.join(", ")}]`, type: stackType };
}
