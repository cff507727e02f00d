import { createUniqueId, For } from "solid-js";
import { periodText } from "../../../shared/schedule-text.ts";
import { tableKinds } from "../../../shared/table.ts";
import { Field, SelectField, TextField } from "../../components/Field.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import type { TableForm } from "../../state/create-table-form.ts";
import { api } from "../../trpc.ts";

const kindLabels = {
  summary: "summary: a query",
  import: "import: from a database",
  external: "external: uploaded files",
};

export function BasicFields(props: { form: TableForm }) {
  const listId = createUniqueId();
  const frequencies = createApiQuery(
    () => ["frequencies"],
    (signal) => api.frequencies.list.query(undefined, { signal }),
  );
  const groups = createApiQuery(
    () => ["groups"],
    (signal) => api.groups.list.query(undefined, { signal }),
  );
  const datasets = createApiQuery(
    () => ["tables", "datasets"],
    (signal) => api.datasets.list.query(undefined, { signal }),
  );
  const info = createApiQuery(
    () => ["system", "info"],
    (signal) => api.system.info.query(undefined, { signal }),
  );
  const offered = () => [
    ...new Set([
      ...(info.data()?.defaultDatasets ?? []),
      ...(datasets.data() ?? []).map(({ name }) => name),
    ]),
  ];
  const draft = () => props.form.draft;
  return (
    <div class="stack">
      <div class="fields">
        <SelectField
          label="Kind"
          value={draft().kind}
          options={tableKinds.map((kind) => ({ value: kind, label: kindLabels[kind] }))}
          onChange={(value) =>
            props.form.set({ kind: tableKinds.find((kind) => kind === value) ?? "summary" })
          }
          error={props.form.fieldError("kind")}
        />
        <Field label="Dataset" error={props.form.fieldError("dataset")}>
          {(ids) => (
            <>
              <input
                {...ids}
                class="input"
                list={listId}
                value={draft().dataset}
                spellcheck={false}
                onInput={(event) => props.form.set({ dataset: event.currentTarget.value })}
              />
              <datalist id={listId}>
                <For each={offered()}>{(dataset) => <option value={dataset} />}</For>
              </datalist>
            </>
          )}
        </Field>
        <TextField
          label="Name"
          value={draft().name}
          onInput={(name) => props.form.set({ name })}
          error={props.form.fieldError("name")}
        />
        <SelectField
          label="Frequency"
          value={String(draft().frequencyId ?? "")}
          options={[
            { value: "", label: "by hand" },
            ...(frequencies.data() ?? []).map((one) => ({
              value: String(one.id),
              label: `${one.name} (${periodText(one.periodSeconds)})`,
            })),
          ]}
          onChange={(value) => props.form.set({ frequencyId: value === "" ? null : Number(value) })}
          error={props.form.fieldError("frequencyId")}
        />
        <SelectField
          label="Group"
          value={String(draft().groupId ?? "")}
          options={[
            { value: "", label: "none" },
            ...(groups.data() ?? []).map((one) => ({ value: String(one.id), label: one.name })),
          ]}
          onChange={(value) => props.form.set({ groupId: value === "" ? null : Number(value) })}
          hint="Its members may change the table; its costs count for it."
          error={props.form.fieldError("groupId")}
        />
      </div>
      <Field label="Description" error={props.form.fieldError("description")}>
        {(ids) => (
          <textarea
            {...ids}
            class="textarea"
            rows={2}
            value={draft().description}
            onInput={(event) => props.form.set({ description: event.currentTarget.value })}
          />
        )}
      </Field>
    </div>
  );
}
