import { Show } from "solid-js";
import { Field, SelectField, TextField } from "../../components/Field.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import type { AuditParams } from "./audit-params.ts";

/** By who, what, to what, and when. */
export function AuditFilters(props: {
  params: Partial<AuditParams>;
  onChange: (values: Partial<Record<keyof AuditParams, string | null>>) => void;
}) {
  const words = createApiQuery(
    () => ["audit", "words"],
    (signal) => api.audit.words.query(undefined, { signal }),
  );
  const choices = (all: string[] | undefined, chosen: string | undefined) => [
    { value: "", label: "any" },
    ...[...new Set([...(all ?? []), ...(chosen ? [chosen] : [])])].map((value) => ({
      value,
      label: value,
    })),
  ];
  return (
    <div class="fields compact">
      <TextField
        label="Who"
        placeholder="part of an address"
        value={props.params.actor ?? ""}
        onInput={(actor) => props.onChange({ actor: actor || null })}
      />
      <SelectField
        label="Did"
        value={props.params.action ?? ""}
        options={choices(words.data()?.actions, props.params.action)}
        onChange={(action) => props.onChange({ action: action || null })}
      />
      <SelectField
        label="To"
        value={props.params.subjectKind ?? ""}
        options={choices(words.data()?.subjectKinds, props.params.subjectKind)}
        onChange={(kind) => props.onChange({ subjectKind: kind || null, subjectId: null })}
      />
      <Show when={props.params.subjectKind}>
        <TextField
          label="Its id"
          type="number"
          value={props.params.subjectId ?? ""}
          onInput={(id) => props.onChange({ subjectId: id || null })}
        />
      </Show>
      <TimeField
        label="From"
        value={props.params.from}
        onChange={(from) => props.onChange({ from })}
      />
      <TimeField label="Up to" value={props.params.to} onChange={(to) => props.onChange({ to })} />
    </div>
  );
}

function TimeField(props: {
  label: string;
  value: string | undefined;
  onChange: (value: string | null) => void;
}) {
  return (
    <Field label={props.label}>
      {(ids) => (
        <input
          {...ids}
          class="input"
          type="datetime-local"
          value={props.value ?? ""}
          onChange={(event) => props.onChange(event.currentTarget.value || null)}
        />
      )}
    </Field>
  );
}
