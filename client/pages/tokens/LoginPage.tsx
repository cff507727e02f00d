import { createSignal, Match, Show, Switch } from "solid-js";
import type { LoginView } from "../../../shared/login.ts";
import { type TokenScope, tokenScopes } from "../../../shared/user.ts";
import { Empty, ErrorNotice } from "../../components/Feedback.tsx";
import { SelectField, TextField } from "../../components/Field.tsx";
import { Page } from "../../components/Page.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

const rights: Record<TokenScope, string> = {
  read: "read",
  write: "read and change what is yours or your groups'",
  admin: "all that an admin may",
};

/** Where `maestro login` leads: whoever started it types its code here, and lets it in. */
export function LoginPage() {
  const [code, setCode] = createSignal("");
  const [login, setLogin] = createSignal<LoginView | null>(null);
  const [ended, setEnded] = createSignal<"approved" | "refused" | null>(null);
  const look = createAction("Look up the code", async () => {
    setLogin(await api.tokens.login.query({ code: code() }));
  });
  return (
    <Page
      title="Log a command line in"
      lead="It gets an API token of yours, good for 90 days and no longer."
    >
      <Switch>
        <Match when={ended() === "approved"}>
          <Empty title="It is logged in">You can close this page.</Empty>
        </Match>
        <Match when={ended() === "refused"}>
          <Empty title="It was refused">Nothing was let in.</Empty>
        </Match>
        <Match when={login()}>{(found) => <Approval login={found()} onEnd={setEnded} />}</Match>
        <Match when={!login()}>
          <form
            class="card pad stack"
            onSubmit={(event) => {
              event.preventDefault();
              void look.run();
            }}
          >
            <TextField
              label="Code"
              value={code()}
              placeholder="ABCD-2345"
              hint="As maestro login shows it in your own terminal. Enter none that somebody sent you."
              onInput={setCode}
              error={look.error()?.message}
            />
            <div>
              <button type="submit" class="button primary" disabled={look.isRunning()}>
                Continue
              </button>
            </div>
          </form>
        </Match>
      </Switch>
    </Page>
  );
}

function Approval(props: { login: LoginView; onEnd: (end: "approved" | "refused") => void }) {
  const me = createApiQuery(
    () => ["me"],
    (signal) => api.me.get.query(undefined, { signal }),
  );
  const [scope, setScope] = createSignal<TokenScope>("write");
  const options = () =>
    tokenScopes
      .filter((one) => one !== "admin" || me.data()?.isAdmin)
      .map((value) => ({ value, label: rights[value] }));
  const approve = createAction("Approve login", async () => {
    await api.tokens.approveLogin.mutate({ code: props.login.code, scope: scope() });
    props.onEnd("approved");
  });
  const refuse = createAction("Refuse login", async () => {
    await api.tokens.refuseLogin.mutate({ code: props.login.code });
    props.onEnd("refused");
  });
  return (
    <section class="card pad stack">
      <p>
        A command line that calls its machine <strong>{props.login.machine}</strong> asked from{" "}
        <strong class="mono">{props.login.address}</strong>{" "}
        <RelativeTime at={props.login.askedAt} />.
      </p>
      <SelectField
        label="It may"
        value={scope()}
        options={options()}
        onChange={(value) => setScope(value as TokenScope)}
      />
      <Show when={approve.error() ?? refuse.error()}>
        {(error) => <ErrorNotice error={error()} />}
      </Show>
      <div class="dialog-actions">
        <button
          type="button"
          class="button"
          disabled={refuse.isRunning()}
          onClick={() => void refuse.run()}
        >
          Refuse
        </button>
        <button
          type="button"
          class="button primary"
          disabled={approve.isRunning()}
          onClick={() => void approve.run()}
        >
          Approve
        </button>
      </div>
    </section>
  );
}
