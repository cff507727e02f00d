import { Show } from "solid-js";
import { type TlsMode, tlsModes } from "../../../shared/database.ts";
import { SelectField, TextAreaField } from "../../components/Field.tsx";
import type { DatabaseDraft } from "./database-draft.ts";
import type { FieldErrors } from "./field-errors.ts";

const modeHints: Record<TlsMode, string> = {
  disable: "The password and all rows travel in the clear.",
  prefer: "Encrypted where the server can, and in the clear where it cannot.",
  require: "Encrypted, whoever answers.",
  "verify-ca": "Encrypted, with a server whose certificate the authority signed.",
  "verify-full": "Encrypted, with a server whose certificate also names the host.",
};

const pemPlaceholder = "-----BEGIN CERTIFICATE-----";

/** How the connection is encrypted, and who vouches for whom. */
export function TlsFields(props: { draft: DatabaseDraft; hasKey: boolean; errorOf: FieldErrors }) {
  const fields = () => props.draft.fields;
  const verifies = () => fields().tlsMode === "verify-ca" || fields().tlsMode === "verify-full";
  const showsClient = () => fields().tlsMode !== "disable" || fields().tlsCertificate !== "";
  return (
    <>
      <SelectField
        label="TLS"
        value={fields().tlsMode}
        options={tlsModes.map((value) => ({ value, label: value }))}
        onChange={(value) =>
          props.draft.set({ tlsMode: tlsModes.find((mode) => mode === value) ?? "prefer" })
        }
        hint={modeHints[fields().tlsMode]}
        error={props.errorOf("tlsMode")}
      />
      <Show when={verifies() || fields().tlsCa !== ""}>
        <TextAreaField
          label="Authority (PEM)"
          value={fields().tlsCa}
          placeholder={pemPlaceholder}
          hint="Of a private authority; empty where the system knows the server's."
          onInput={(tlsCa) => props.draft.set({ tlsCa })}
          error={props.errorOf("tlsCa")}
        />
      </Show>
      <Show when={showsClient()}>
        <details class="more" open={fields().tlsCertificate !== ""}>
          <summary>Client certificate</summary>
          <div class="stack">
            <TextAreaField
              label="Certificate (PEM)"
              value={fields().tlsCertificate}
              placeholder={pemPlaceholder}
              hint="Only where the server asks for one."
              onInput={(tlsCertificate) => props.draft.set({ tlsCertificate })}
              error={props.errorOf("tlsCertificate")}
            />
            <TextAreaField
              label="Key (PEM)"
              value={fields().tlsKey}
              placeholder={props.hasKey ? "as it is" : "-----BEGIN PRIVATE KEY-----"}
              hint="Stored sealed, as the password is, and never shown."
              onInput={(tlsKey) => props.draft.set({ tlsKey })}
              error={props.errorOf("tlsKey")}
            />
          </div>
        </details>
      </Show>
    </>
  );
}
