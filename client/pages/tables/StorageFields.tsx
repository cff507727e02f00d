import type { Partitioning } from "../../../shared/table.ts";
import { CheckField, SelectField, TextField } from "../../components/Field.tsx";
import { ListField } from "../../components/ListField.tsx";
import type { TableForm } from "../../state/create-table-form.ts";

const partitionTypes: Partitioning["type"][] = ["HOUR", "DAY", "MONTH", "YEAR"];

/** How the result is stored, and the parents that the SQL does not show. */
export function StorageFields(props: { form: TableForm }) {
  const draft = () => props.form.draft;
  const partition = (patch: Partial<Partitioning>) =>
    props.form.set({
      partitioning: {
        type: "DAY",
        field: null,
        expirationDays: null,
        ...draft().partitioning,
        ...patch,
      },
    });
  return (
    <div class="stack">
      <div class="fields">
        <SelectField
          label="Each run"
          value={draft().disposition}
          options={[
            { value: "truncate", label: "replaces all rows" },
            { value: "append", label: "appends rows" },
          ]}
          onChange={(value) =>
            props.form.set({ disposition: value === "append" ? "append" : "truncate" })
          }
        />
        <SelectField
          label="Partitioned"
          value={draft().partitioning?.type ?? ""}
          options={[
            { value: "", label: "no" },
            ...partitionTypes.map((type) => ({ value: type, label: `by ${type.toLowerCase()}` })),
          ]}
          onChange={(value) => {
            const type = partitionTypes.find((one) => one === value);
            if (type === undefined) props.form.set({ partitioning: null });
            else partition({ type });
          }}
          error={props.form.fieldError("partitioning")}
        />
        <TextField
          label="Partition column"
          value={draft().partitioning?.field ?? ""}
          disabled={draft().partitioning === null}
          placeholder="by time of ingestion"
          onInput={(value) => partition({ field: value === "" ? null : value })}
        />
        <TextField
          label="Partitions expire after (days)"
          type="number"
          value={String(draft().partitioning?.expirationDays ?? "")}
          disabled={draft().partitioning === null}
          placeholder="never"
          onInput={(value) => partition({ expirationDays: value === "" ? null : Number(value) })}
        />
        <ListField
          label="Clustered by"
          values={draft().clustering}
          placeholder="up to four columns"
          onChange={(clustering) => props.form.set({ clustering })}
          error={props.form.fieldError("clustering")}
        />
        <ListField
          label="Extra parents"
          values={draft().extraParents}
          placeholder="dataset.table"
          hint="Seldom needed: parents that the SQL does not show."
          onChange={(extraParents) => props.form.set({ extraParents })}
          error={props.form.fieldError("extraParents")}
        />
        <ListField
          label="Ignored parents"
          values={draft().ignoredParents}
          placeholder="dataset.table"
          hint="Read in their last version; they are not waited for."
          onChange={(ignoredParents) => props.form.set({ ignoredParents })}
          error={props.form.fieldError("ignoredParents")}
        />
      </div>
      <div class="row" style={{ gap: "var(--space-5)" }}>
        <CheckField
          label="Legacy SQL"
          checked={draft().legacySql}
          onChange={(legacySql) => props.form.set({ legacySql })}
        />
      </div>
    </div>
  );
}
