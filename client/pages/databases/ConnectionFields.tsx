import { Show } from "solid-js";
import { databaseKinds } from "../../../shared/database.ts";
import { CheckField, SelectField, TextField } from "../../components/Field.tsx";
import type { DatabaseDraft } from "./database-draft.ts";
import type { FieldErrors } from "./field-errors.ts";

export const kindNames = { postgres: "PostgreSQL", mysql: "MySQL or MariaDB" } as const;

/** Where the database is and who signs in there: field by field, or all from a URL. */
export function ConnectionFields(props: {
  draft: DatabaseDraft;
  isSaved: boolean;
  errorOf: FieldErrors;
}) {
  const fields = () => props.draft.fields;
  return (
    <>
      <UrlField draft={props.draft} />
      <div class="fields">
        <SelectField
          label="Kind"
          value={fields().kind}
          options={databaseKinds.map((value) => ({ value, label: kindNames[value] }))}
          onChange={(value) =>
            props.draft.setKind(databaseKinds.find((kind) => kind === value) ?? "postgres")
          }
          error={props.errorOf("kind")}
        />
        <TextField
          label="Host"
          value={fields().host}
          onInput={(host) => props.draft.set({ host })}
          error={props.errorOf("host")}
        />
        <TextField
          label="Port"
          type="number"
          value={String(fields().port)}
          onInput={(port) => props.draft.set({ port: Number(port) })}
          error={props.errorOf("port")}
        />
        <TextField
          label="Database"
          value={fields().database}
          onInput={(database) => props.draft.set({ database })}
          error={props.errorOf("database")}
        />
        <TextField
          label="User"
          value={fields().username}
          hint="One with no more rights than it needs is best."
          onInput={(username) => props.draft.set({ username })}
          error={props.errorOf("username")}
        />
        <TextField
          label="Password"
          type="password"
          value={fields().password}
          {...(props.isSaved && !fields().forgetsPassword ? { placeholder: "as it is" } : {})}
          onInput={(password) => props.draft.set({ password })}
          error={props.errorOf("password")}
        />
      </div>
      <Show when={props.isSaved && fields().password === ""}>
        <CheckField
          label="Sign in without a password: the stored one is forgotten"
          checked={fields().forgetsPassword}
          onChange={(forgetsPassword) => props.draft.set({ forgetsPassword })}
        />
      </Show>
    </>
  );
}

/** A URL is taken apart when it is pasted or left: a half typed one would fill in nonsense. */
function UrlField(props: { draft: DatabaseDraft }) {
  return (
    <fieldset
      class="bare"
      onPaste={(event) => {
        event.preventDefault();
        props.draft.takeUrl(event.clipboardData?.getData("text") ?? "");
      }}
      onChange={() => props.draft.takeUrl(props.draft.fields.url)}
    >
      <TextField
        label="URL"
        value={props.draft.fields.url}
        placeholder="postgresql://user:password@host:5432/database?sslmode=verify-full"
        hint="Paste one to fill in the fields below."
        onInput={(url) => props.draft.set({ url })}
        error={props.draft.fields.urlError}
      />
    </fieldset>
  );
}
