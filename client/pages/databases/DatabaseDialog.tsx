import { createSignal, type JSX, Show } from "solid-js";
import {
  type DatabaseTest,
  type DatabaseView,
  databaseInputSchema,
} from "../../../shared/database.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { CheckField, TextField } from "../../components/Field.tsx";
import { createAction } from "../../state/create-action.ts";
import { api } from "../../trpc.ts";
import { ConnectionFields } from "./ConnectionFields.tsx";
import { createDatabaseDraft, type DatabaseDraft } from "./database-draft.ts";
import type { FieldErrors } from "./field-errors.ts";
import { LimitFields } from "./LimitFields.tsx";
import { TestReport } from "./TestReport.tsx";
import { TlsFields } from "./TlsFields.tsx";

interface Props {
  database: DatabaseView | null;
  onClose: () => void;
  onSaved: () => void;
}

/** A new database, or an edit of a saved one, with its connection test. */
export function DatabaseDialog(props: Props) {
  const draft = createDatabaseDraft(props.database);
  const [result, setResult] = createSignal<DatabaseTest | null>(null);
  const id = () => props.database?.id;
  const [hasSameData, setHasSameData] = createSignal(false);
  const isElsewhere = () => props.database !== null && draft.isElsewhere(props.database);
  const save = createAction(
    "Save",
    async () => {
      const saved = id();
      if (saved === undefined) await api.databases.create.mutate(draft.input());
      else {
        const edit = { id: saved, ...draft.input(), hasSameData: hasSameData() };
        await api.databases.update.mutate(edit);
      }
      props.onSaved();
    },
    { quiet: true },
  );
  const test = createAction(
    "Test",
    async () => {
      setResult(null);
      save.clearError();
      const saved = id();
      // A new one may be tested before it has a name.
      const input = { ...draft.input(), name: draft.fields.name.trim() || "new" };
      setResult(
        await api.databases.test.mutate(saved === undefined ? input : { id: saved, ...input }),
      );
    },
    { quiet: true },
  );
  const error = () => save.error() ?? test.error();
  const errorOf: FieldErrors = (field) => (error()?.field === field ? error()?.message : undefined);
  return (
    <Dialog
      title={props.database === null ? "New database" : `Edit ${props.database.name}`}
      wide
      open
      onClose={props.onClose}
    >
      <form
        class="stack"
        style={{ gap: "var(--space-5)" }}
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        <Body
          draft={draft}
          isSaved={props.database !== null}
          hasKey={Boolean(props.database?.tlsCertificate)}
          errorOf={errorOf}
        />
        <Show when={isElsewhere()}>
          <CheckField
            label="It has the same data: imports by increments go on where they were, and do not begin anew"
            checked={hasSameData()}
            onChange={setHasSameData}
          />
        </Show>
        <Show when={result()}>{(shown) => <TestReport result={shown()} />}</Show>
        <Show when={error()}>{(shown) => <ErrorNotice error={shown()} />}</Show>
        <Buttons onClose={props.onClose} isSaving={save.isRunning()}>
          <button
            type="button"
            class="button"
            style={{ "margin-right": "auto" }}
            disabled={
              test.isRunning() ||
              !databaseInputSchema.safeParse({ ...draft.input(), name: "-" }).success
            }
            onClick={() => void test.run()}
          >
            {test.isRunning() ? "Testing…" : "Test the connection"}
          </button>
        </Buttons>
      </form>
    </Dialog>
  );
}

function Body(props: {
  draft: DatabaseDraft;
  isSaved: boolean;
  hasKey: boolean;
  errorOf: FieldErrors;
}) {
  return (
    <>
      <TextField
        label="Name"
        value={props.draft.fields.name}
        hint="What Maestro calls it."
        onInput={(name) => props.draft.set({ name })}
        error={props.errorOf("name")}
      />
      <Part title="Connection">
        <ConnectionFields draft={props.draft} isSaved={props.isSaved} errorOf={props.errorOf} />
      </Part>
      <Part title="Encryption">
        <TlsFields draft={props.draft} hasKey={props.hasKey} errorOf={props.errorOf} />
      </Part>
      <Part title="Use">
        <LimitFields draft={props.draft} errorOf={props.errorOf} />
      </Part>
    </>
  );
}

function Part(props: { title: string; children: JSX.Element }) {
  return (
    <fieldset class="part">
      <legend>{props.title}</legend>
      <div class="stack">{props.children}</div>
    </fieldset>
  );
}

function Buttons(props: { isSaving: boolean; onClose: () => void; children: JSX.Element }) {
  return (
    <div class="dialog-actions">
      {props.children}
      <button type="button" class="button" onClick={() => props.onClose()}>
        Cancel
      </button>
      <button type="submit" class="button primary" disabled={props.isSaving}>
        Save
      </button>
    </div>
  );
}
