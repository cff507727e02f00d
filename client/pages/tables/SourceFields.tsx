import { Show } from "solid-js";
import { fileFormats } from "../../../shared/table.ts";
import { SelectField, TextField } from "../../components/Field.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import type { TableForm } from "../../state/create-table-form.ts";
import { api } from "../../trpc.ts";

export const formatOptions = fileFormats.map((value) => ({ value, label: value }));

/** Where an import's or an external table's rows come from. */
export function SourceFields(props: { form: TableForm }) {
  return (
    <Show when={props.form.draft.kind === "import"} fallback={<ExternalFields form={props.form} />}>
      <ImportFields form={props.form} />
    </Show>
  );
}

function ImportFields(props: { form: TableForm }) {
  const databases = createApiQuery(
    () => ["databases"],
    (signal) => api.databases.list.query(undefined, { signal }),
  );
  return (
    <div class="fields">
      <SelectField
        label="Database"
        value={String(props.form.draft.importDatabaseId ?? "")}
        options={[
          { value: "", label: "choose one" },
          ...(databases.data() ?? [])
            .filter((one) => one.mayImport || one.id === props.form.draft.importDatabaseId)
            .map((one) => ({ value: String(one.id), label: one.name })),
        ]}
        onChange={(value) =>
          props.form.set({ importDatabaseId: value === "" ? null : Number(value) })
        }
        error={props.form.fieldError("importDatabaseId")}
      />
      <TextField
        label="Source table"
        value={props.form.draft.importTable}
        placeholder="public.orders"
        hint="All its columns, where the SQL above is empty."
        onInput={(importTable) => props.form.set({ importTable })}
        error={props.form.fieldError("importTable")}
      />
      <TextField
        label="Id column"
        value={props.form.draft.idColumn ?? ""}
        hint="A column that only grows: then each run imports what is new. Empty imports all."
        onInput={(value) => props.form.set({ idColumn: value === "" ? null : value })}
        error={props.form.fieldError("idColumn")}
      />
    </div>
  );
}

function ExternalFields(props: { form: TableForm }) {
  return (
    <div class="fields">
      <SelectField
        label="File format"
        value={props.form.draft.externalFormat}
        options={formatOptions}
        onChange={(value) =>
          props.form.set({ externalFormat: fileFormats.find((one) => one === value) ?? "CSV" })
        }
      />
      <TextField
        label="Wait for an upload (minutes)"
        type="number"
        value={String(props.form.draft.externalTimeoutSeconds / 60)}
        hint="How long a run waits for files before this table fails."
        onInput={(value) =>
          props.form.set({ externalTimeoutSeconds: Math.round(Number(value) * 60) })
        }
        error={props.form.fieldError("externalTimeoutSeconds")}
      />
    </div>
  );
}
