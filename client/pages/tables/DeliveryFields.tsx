import { Show } from "solid-js";
import { type ExportMode, exportModes, fileFormats } from "../../../shared/table.ts";
import { CheckField, SelectField, TextField } from "../../components/Field.tsx";
import { ListField } from "../../components/ListField.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import type { TableForm } from "../../state/create-table-form.ts";
import { api } from "../../trpc.ts";
import { formatOptions } from "./SourceFields.tsx";

const modeLabels: Record<ExportMode, string> = {
  replace: "replaces the table there",
  append: "appends its rows",
  upsert: "updates and inserts by key",
};

/** Where the table goes after each run: files, a database, a spreadsheet. */
export function DeliveryFields(props: { form: TableForm }) {
  const draft = () => props.form.draft;
  return (
    <div class="stack">
      <div class="fields">
        <SelectField
          label="Extract format"
          value={draft().extractFormat}
          options={formatOptions}
          disabled={!draft().extract}
          onChange={(value) =>
            props.form.set({ extractFormat: fileFormats.find((one) => one === value) ?? "CSV" })
          }
          error={props.form.fieldError("extractFormat")}
        />
        <ExportFields form={props.form} />
        <Show when={draft().sheet || draft().sheetReaders.length > 0}>
          <ListField
            label="Sheet readers"
            values={draft().sheetReaders}
            placeholder="e-mail addresses"
            hint="Who may read the spreadsheet, beside the table's owner."
            onChange={(sheetReaders) => props.form.set({ sheetReaders })}
            error={props.form.fieldError("sheetReaders")}
          />
        </Show>
        <ListField
          label="Notify"
          values={draft().notifyUrls}
          placeholder="https://app.example.com/tables"
          hint="Addresses that are told by a signed POST each time that the table is complete."
          onChange={(notifyUrls) => props.form.set({ notifyUrls })}
          error={props.form.fieldError("notifyUrls")}
        />
      </div>
      <div class="row" style={{ gap: "var(--space-5)" }}>
        <CheckField
          label="Extract files after each run"
          checked={draft().extract}
          onChange={(extract) => props.form.set({ extract })}
        />
        <CheckField
          label="Write a Google sheet after each run"
          checked={draft().sheet}
          onChange={(sheet) => props.form.set({ sheet })}
        />
      </div>
      <Show when={props.form.fieldError("sheet")}>
        {(message) => <p class="field-error">{message()}</p>}
      </Show>
    </div>
  );
}

function ExportFields(props: { form: TableForm }) {
  const draft = () => props.form.draft;
  const databases = createApiQuery(
    () => ["databases"],
    (signal) => api.databases.list.query(undefined, { signal }),
  );
  const open = () =>
    (databases.data() ?? []).filter((one) => one.mayExport || one.id === draft().exportDatabaseId);
  return (
    <>
      <SelectField
        label="Export to"
        value={String(draft().exportDatabaseId ?? "")}
        options={[
          { value: "", label: "no database" },
          ...open().map((one) => ({ value: String(one.id), label: one.name })),
        ]}
        hint={open().length === 0 ? "An admin allows exports to a database." : undefined}
        onChange={(value) => {
          // Without a database the other fields of an export have no meaning, and are refused.
          if (value === "") {
            const none = { exportTable: "", exportMode: "replace" as const, exportKeys: [] };
            props.form.set({ exportDatabaseId: null, ...none });
          } else props.form.set({ exportDatabaseId: Number(value) });
        }}
        error={props.form.fieldError("exportDatabaseId")}
      />
      <Show when={draft().exportDatabaseId !== null}>
        <TextField
          label="Export table"
          value={draft().exportTable}
          placeholder={draft().name || "schema.table"}
          hint="table or schema.table there; empty is this table's name."
          onInput={(exportTable) => props.form.set({ exportTable })}
          error={props.form.fieldError("exportTable")}
        />
        <SelectField
          label="Each export"
          value={draft().exportMode}
          options={exportModes.map((value) => ({ value, label: modeLabels[value] }))}
          onChange={(value) => {
            const exportMode = exportModes.find((mode) => mode === value) ?? "replace";
            props.form.set({ exportMode, ...(exportMode === "upsert" ? {} : { exportKeys: [] }) });
          }}
          error={props.form.fieldError("exportMode")}
        />
        <Show when={draft().exportMode === "upsert"}>
          <ListField
            label="Export keys"
            values={draft().exportKeys}
            placeholder="columns that tell rows apart"
            onChange={(exportKeys) => props.form.set({ exportKeys })}
            error={props.form.fieldError("exportKeys")}
          />
        </Show>
      </Show>
    </>
  );
}
