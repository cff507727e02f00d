import { createSignal, Show } from "solid-js";
import { Empty } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { TokenTable } from "../../components/TokenTable.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { TokenDialog } from "./TokenDialog.tsx";

export function TokensPage() {
  const tokens = createApiQuery(
    () => ["tokens"],
    (signal) => api.tokens.list.query(undefined, { signal }),
  );
  const [isCreating, setCreating] = createSignal(false);
  return (
    <Page
      title="API tokens"
      lead="For programs: sent as X-Api-Token, or as Authorization: Bearer."
      actions={
        <button type="button" class="button primary" onClick={() => setCreating(true)}>
          <Icon name="plus" />
          New token
        </button>
      }
    >
      <QueryView query={tokens} what="the tokens">
        {(data) => (
          <Show
            when={data().length > 0}
            fallback={
              <Empty title="No tokens yet">
                <p>
                  Make one for each program that asks Maestro: a script, a pipeline, the Python
                  client.
                </p>
              </Empty>
            }
          >
            <TokenTable
              tokens={data()}
              revoke={(id) => api.tokens.revoke.mutate({ id })}
              onRevoked={tokens.refetch}
            />
          </Show>
        )}
      </QueryView>
      <Show when={isCreating()}>
        <TokenDialog
          onClose={() => {
            setCreating(false);
            tokens.refetch();
          }}
        />
      </Show>
    </Page>
  );
}
