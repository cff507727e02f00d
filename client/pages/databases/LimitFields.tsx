import { ByteRateField } from "../../components/ByteRateField.tsx";
import { CheckField, TextField } from "../../components/Field.tsx";
import type { DatabaseDraft } from "./database-draft.ts";
import type { FieldErrors } from "./field-errors.ts";

/** What tables may do with the database, and how much at once. */
export function LimitFields(props: { draft: DatabaseDraft; errorOf: FieldErrors }) {
  const fields = () => props.draft.fields;
  return (
    <>
      <div class="row" style={{ gap: "var(--space-5)" }}>
        <CheckField
          label="Tables may be imported from it"
          checked={fields().mayImport}
          onChange={(mayImport) => props.draft.set({ mayImport })}
        />
        <CheckField
          label="Tables may be exported to it"
          checked={fields().mayExport}
          onChange={(mayExport) => props.draft.set({ mayExport })}
        />
      </div>
      <div class="fields">
        <TextField
          label="Import dataset"
          value={fields().importDataset}
          placeholder="raw"
          hint="Where new imports are proposed."
          onInput={(importDataset) => props.draft.set({ importDataset })}
          error={props.errorOf("importDataset")}
        />
        <TextField
          label="Transfers at once"
          type="number"
          value={String(fields().concurrentTransfers ?? "")}
          placeholder="no limit"
          onInput={(value) =>
            props.draft.set({ concurrentTransfers: value === "" ? null : Number(value) })
          }
          error={props.errorOf("concurrentTransfers")}
        />
        <ByteRateField
          label="Bytes a second"
          bytesPerSecond={fields().bytesPerSecond}
          hint="Of all its transfers together."
          onChange={(bytesPerSecond) => props.draft.set({ bytesPerSecond })}
          error={props.errorOf("bytesPerSecond")}
        />
      </div>
    </>
  );
}
