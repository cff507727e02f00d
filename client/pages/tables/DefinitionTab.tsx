import type { TableDetail } from "../../../shared/table.ts";
import { createTableForm } from "../../state/create-table-form.ts";
import { showToast } from "../../state/create-toasts.ts";
import { TableEditor } from "./TableEditor.tsx";
import { TableReferences } from "./TableReferences.tsx";

export function DefinitionTab(props: { table: TableDetail }) {
  const form = createTableForm(props.table.definition, () => props.table);
  return (
    <TableEditor
      form={form}
      canWrite={props.table.canWrite}
      onSaved={(saved) => showToast(`Saved as version ${saved.version}`, saved.warnings[0] ?? null)}
      aside={<TableReferences table={props.table} />}
    />
  );
}
