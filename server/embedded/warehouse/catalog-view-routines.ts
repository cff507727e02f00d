import { branch, type View } from "./catalog-view.ts";
import type { RestDataType } from "./contract.ts";
import type { RoutineDocument } from "./documents.ts";

const kinds: Record<RoutineDocument["routineType"], string> = {
  SCALAR_FUNCTION: "FUNCTION",
  TABLE_VALUED_FUNCTION: "TABLE FUNCTION",
  PROCEDURE: "PROCEDURE",
};

/**
 * INFORMATION_SCHEMA.ROUTINES. How BigQuery writes a routine's `ddl` is not known: whoever reads it is
 * refused. There are no connections.
 */
export const routines: View = {
  columns: [
    ["specific_catalog", "STRING"],
    ["specific_schema", "STRING"],
    ["specific_name", "STRING"],
    ["routine_catalog", "STRING"],
    ["routine_schema", "STRING"],
    ["routine_name", "STRING"],
    ["routine_type", "STRING"],
    ["data_type", "STRING"],
    ["routine_body", "STRING"],
    ["routine_definition", "STRING"],
    ["external_language", "STRING"],
    ["is_deterministic", "STRING"],
    ["security_type", "STRING"],
    ["created", "TIMESTAMP"],
    ["last_altered", "TIMESTAMP"],
    ["ddl", "STRING"],
    ["connection", "STRING"],
  ],
  branches: (catalog, projectId, datasets) =>
    datasets
      .flatMap(({ datasetId }) => catalog.routines(projectId, datasetId))
      .map((routine) => {
        const { name, language, isDeterministic } = routine;
        const names = [name.projectId, name.datasetId, name.routineId];
        const isSql = language === "SQL";
        return branch(routines.columns, [
          ...names,
          ...names,
          kinds[routine.routineType],
          dataType(routine),
          isSql ? "SQL" : "EXTERNAL",
          routine.definitionBody,
          isSql ? null : language,
          isDeterministic ? "YES" : null,
          null,
          routine.createdAt,
          routine.modifiedAt,
          { sql: "error('not supported by the local warehouse: ddl of a routine')" },
          null,
        ]);
      }),
};

/** BigQuery finds out what a function returns that does not say it; whoever reads that is refused. */
function dataType({ routineType, returnType }: RoutineDocument) {
  if (routineType !== "SCALAR_FUNCTION") return null;
  return returnType
    ? typeText(returnType)
    : {
        sql: "error('not supported by the local warehouse: data_type of a function without RETURNS')",
      };
}

function typeText({ typeKind, arrayElementType, structType }: RestDataType): string {
  if (arrayElementType) return `ARRAY<${typeText(arrayElementType)}>`;
  if (!structType) return typeKind;
  const fields = (structType.fields ?? []).map(({ name, type }) =>
    name ? `${name} ${typeText(type)}` : typeText(type),
  );
  return `STRUCT<${fields.join(", ")}>`;
}
