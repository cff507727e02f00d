import { useSearchParams } from "@solidjs/router";
import { Match, Switch } from "solid-js";
import { Empty } from "../../components/Feedback.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** Where `maestro login` leads: whoever started it lets it in. */
export function LoginPage() {
  const [params] = useSearchParams<{ code?: string }>();
  const code = () => String(params.code ?? "");
  const login = createApiQuery(
    () => ["tokens", "login", code()],
    (signal) => api.tokens.login.query({ code: code() }, { signal }),
  );
  const approve = createAction("Approve login", async () => {
    await api.tokens.approveLogin.mutate({ code: code() });
    login.refetch();
  });
  return (
    <Page
      title="Log a command line in"
      lead="It gets an API token of yours, good for 90 days, with which it may do what you may."
    >
      <QueryView query={login} what="the login">
        {(data) => (
          <Switch>
            <Match when={data().approved}>
              <Empty title="It is logged in">You can close this page.</Empty>
            </Match>
            <Match when={!data().approved}>
              <section class="card">
                <p>
                  <strong>{data().machine}</strong> asks with the code{" "}
                  <strong class="mono">{data().code}</strong>.
                </p>
                <p class="muted">
                  Approve it only if you started <code>maestro login</code> yourself, and it shows
                  this code.
                </p>
                <button
                  type="button"
                  class="button primary"
                  disabled={approve.isRunning()}
                  onClick={() => void approve.run()}
                >
                  Approve
                </button>
              </section>
            </Match>
          </Switch>
        )}
      </QueryView>
    </Page>
  );
}
