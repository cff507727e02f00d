import { createSignal, Show } from "solid-js";
import { createStore, unwrap } from "solid-js/store";
import {
  type DatabaseInput,
  type DatabaseView,
  databaseInputSchema,
} from "../../../shared/database.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { TextField } from "../../components/Field.tsx";
import { createAction } from "../../state/create-action.ts";
import { api } from "../../trpc.ts";

interface Props {
  database: DatabaseView | null;
  onClose: () => void;
  onSaved: () => void;
}

export function DatabaseDialog(props: Props) {
  const [input, setInput] = createStore<DatabaseInput>(startFrom(props.database));
  const [answer, setAnswer] = createSignal<{ ok: boolean; text: string } | null>(null);
  /** An empty password on an edit keeps the stored one. */
  const values = (): DatabaseInput => {
    const { password, ...rest } = unwrap(input);
    return password === undefined || password === "" ? { ...rest } : { ...rest, password };
  };
  const save = createAction(
    "Save",
    async () => {
      if (props.database === null) await api.databases.create.mutate(values());
      else await api.databases.update.mutate({ id: props.database.id, ...values() });
      props.onSaved();
    },
    { quiet: true },
  );
  const test = createAction("Test", async () => {
    setAnswer(null);
    const isStored = props.database !== null && (input.password ?? "") === "";
    const result = await api.databases.test.mutate(
      isStored && props.database !== null ? { id: props.database.id } : values(),
    );
    setAnswer(result.ok ? { ok: true, text: result.version } : { ok: false, text: result.message });
  });
  const fieldError = (field: string) =>
    save.error()?.field === field ? save.error()?.message : undefined;
  return (
    <Dialog
      title={props.database === null ? "New database" : `Edit ${props.database.name}`}
      open
      onClose={props.onClose}
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        <TextField
          label="Name"
          value={input.name}
          hint="What Maestro calls it."
          onInput={(name) => setInput({ name })}
          error={fieldError("name")}
        />
        <div class="fields">
          <TextField
            label="Host"
            value={input.host}
            onInput={(host) => setInput({ host })}
            error={fieldError("host")}
          />
          <TextField
            label="Port"
            type="number"
            value={String(input.port)}
            onInput={(port) => setInput({ port: Number(port) })}
            error={fieldError("port")}
          />
          <TextField
            label="Database"
            value={input.database}
            onInput={(database) => setInput({ database })}
            error={fieldError("database")}
          />
          <TextField
            label="User"
            value={input.username}
            hint="One that may only read is best."
            onInput={(username) => setInput({ username })}
            error={fieldError("username")}
          />
        </div>
        <TextField
          label="Password"
          type="password"
          value={input.password ?? ""}
          {...(props.database === null ? {} : { placeholder: "as it is" })}
          onInput={(password) => setInput({ password })}
          error={fieldError("password")}
        />
        <Show when={answer()}>
          {(result) => (
            <div class="notice" classList={{ ok: result().ok, bad: !result().ok }} role="status">
              <div>{result().text}</div>
            </div>
          )}
        </Show>
        <Show when={save.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
        <div class="dialog-actions">
          <button
            type="button"
            class="button"
            style={{ "margin-right": "auto" }}
            disabled={
              test.isRunning() || !databaseInputSchema.safeParse({ ...input, name: "-" }).success
            }
            onClick={() => void test.run()}
          >
            {test.isRunning() ? "Testing…" : "Test the connection"}
          </button>
          <button type="button" class="button" onClick={() => props.onClose()}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={save.isRunning()}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function startFrom(database: DatabaseView | null): DatabaseInput {
  if (database === null) {
    return {
      name: "",
      kind: "postgres",
      host: "",
      port: 5432,
      database: "",
      username: "",
      tlsMode: "prefer",
      tlsCa: null,
      tlsCertificate: null,
      mayImport: true,
      mayExport: false,
      importDataset: null,
      bytesPerSecond: null,
      concurrentTransfers: null,
    };
  }
  const { id: _id, ...input } = database;
  return { ...unwrap(input) };
}
