import { createSignal, For, Show } from "solid-js";
import { type TokenScope, tokenScopes } from "../../../shared/user.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { DialogForm } from "../../components/DialogForm.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { CheckField, SelectField, TextField } from "../../components/Field.tsx";
import { createAction } from "../../state/create-action.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";

const lives = [
  { value: "7", label: "in a week" },
  { value: "30", label: "in 30 days" },
  { value: "90", label: "in 90 days" },
  { value: "365", label: "in a year" },
  { value: "", label: "never" },
];

/** Makes a token and shows its text, the only time that anyone sees it. */
export function TokenDialog(props: { onClose: () => void }) {
  const [name, setName] = createSignal("");
  const [scopes, setScopes] = createSignal<TokenScope[]>(["read"]);
  const [days, setDays] = createSignal("90");
  const [token, setToken] = createSignal<string | null>(null);
  const create = createAction(
    "Create a token",
    async () => {
      const issued = await api.tokens.create.mutate({
        name: name(),
        scopes: scopes(),
        expiresDays: days() === "" ? null : Number(days()),
      });
      setToken(issued.token);
    },
    { quiet: true },
  );
  const copy = createAction("Copy", async () => {
    await navigator.clipboard.writeText(token() ?? "");
    showToast("Copied");
  });
  return (
    <Dialog title={token() === null ? "New token" : `Token ${name()}`} open onClose={props.onClose}>
      <Show
        when={token()}
        fallback={
          <DialogForm
            action="Create"
            isBlocked={create.isRunning()}
            onSubmit={() => void create.run()}
            onClose={props.onClose}
          >
            <TextField
              label="Name"
              value={name()}
              placeholder="what will use it"
              onInput={setName}
              error={create.error()?.field === "name" ? create.error()?.message : undefined}
            />
            <fieldset class="scopes">
              <legend class="field-label">May</legend>
              <For each={tokenScopes}>
                {(scope) => (
                  <CheckField
                    label={scope}
                    checked={scopes().includes(scope)}
                    onChange={(checked) =>
                      setScopes((old) =>
                        checked ? [...old, scope] : old.filter((one) => one !== scope),
                      )
                    }
                  />
                )}
              </For>
            </fieldset>
            <SelectField label="Expires" value={days()} options={lives} onChange={setDays} />
            <Show when={create.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
          </DialogForm>
        }
      >
        {(text) => (
          <>
            <p>Copy it now: it is stored as a hash, and never shown again.</p>
            <code class="secret">{text()}</code>
            <div class="dialog-actions">
              <button type="button" class="button" onClick={() => void copy.run()}>
                Copy
              </button>
              <button type="button" class="button primary" onClick={() => props.onClose()}>
                Done
              </button>
            </div>
          </>
        )}
      </Show>
    </Dialog>
  );
}
