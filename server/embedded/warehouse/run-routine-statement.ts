import {
  type CompiledStatement,
  type RoutineName,
  WarehouseError,
  type WarehouseRoutine,
} from "./contract.ts";
import { type RoutineDocument, routineText } from "./documents.ts";
import type { WarehouseTransaction } from "./transaction.ts";

type Drop = Extract<CompiledStatement, { kind: "dropRoutine" }>;

export async function createRoutine(
  tx: WarehouseTransaction,
  routine: WarehouseRoutine,
  mode: "create" | "orReplace" | "ifNotExists",
): Promise<Record<string, unknown>> {
  const { name } = routine;
  tx.requireDataset(name.projectId, name.datasetId);
  checkRoutineId(name);
  const existing = tx.routine(name);
  const outcome = (performed: string) => ({
    ddlOperationPerformed: performed,
    ddlTargetRoutine: name,
  });
  if (existing && mode === "ifNotExists") return outcome("SKIP");
  if (existing && mode === "create") {
    throw new WarehouseError("duplicate", `Already Exists: Routine ${routineText(name)}`);
  }
  const now = tx.now.getTime();
  const document: RoutineDocument = {
    ...routine,
    properties: existing?.properties ?? {},
    createdAt: existing?.createdAt ?? now,
    modifiedAt: now,
  };
  tx.setRoutine(name, document);
  return outcome(existing ? "REPLACE" : "CREATE");
}

export function checkRoutineId(name: RoutineName): void {
  if (/^\w{1,256}$/.test(name.routineId)) return;
  throw new WarehouseError("invalid", `Invalid routine ID "${name.routineId}".`);
}

export async function dropRoutine(
  tx: WarehouseTransaction,
  { routine, routineType, ifExists }: Drop,
): Promise<Record<string, unknown>> {
  const existing = tx.routine(routine);
  const outcome = { ddlTargetRoutine: routine };
  if (!existing && ifExists) return { ...outcome, ddlOperationPerformed: "SKIP" };
  if (!existing) {
    throw new WarehouseError("notFound", `Not found: Routine ${routineText(routine)}`);
  }
  if (existing.routineType !== routineType) {
    throw new WarehouseError(
      "invalidQuery",
      `Cannot drop ${routineText(routine)}, which has type ${existing.routineType}. An object with that name exists but is not a ${routineType}.`,
    );
  }
  tx.setRoutine(routine, null);
  return { ...outcome, ddlOperationPerformed: "DROP" };
}
