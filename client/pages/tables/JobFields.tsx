import { TextField } from "../../components/Field.tsx";
import type { TableForm } from "../../state/create-table-form.ts";

const gib = 1024 ** 3;

/** What bounds the table's BigQuery jobs. */
export function JobFields(props: { form: TableForm }) {
  const draft = () => props.form.draft;
  return (
    <div class="fields">
      <TextField
        label="Cost cap (GB billed)"
        type="number"
        value={draft().costCapBytes === null ? "" : String((draft().costCapBytes ?? 0) / gib)}
        placeholder="none"
        hint="BigQuery's maximumBytesBilled: a query that would bill more fails, and bills nothing."
        onInput={(value) =>
          props.form.set({ costCapBytes: value === "" ? null : Math.round(Number(value) * gib) })
        }
        error={props.form.fieldError("costCapBytes")}
      />
      <TextField
        label="Retries"
        type="number"
        value={String(draft().retries)}
        hint="Attempts after the first, for faults that pass by themselves; 0 to 10."
        onInput={(value) => props.form.set({ retries: value === "" ? Number.NaN : Number(value) })}
        error={props.form.fieldError("retries")}
      />
    </div>
  );
}
