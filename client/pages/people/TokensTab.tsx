import { Show } from "solid-js";
import { Empty } from "../../components/Feedback.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { TokenTable } from "../../components/TokenTable.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** Everybody's tokens; their texts are known to nobody. */
export function TokensTab() {
  const tokens = createApiQuery(
    () => ["allTokens"],
    (signal) => api.tokens.listAll.query(undefined, { signal }),
    { pollMs: () => 60_000 },
  );
  return (
    <QueryView query={tokens} what="the tokens">
      {(data) => (
        <Show
          when={data().length > 0}
          fallback={
            <Empty title="Nobody has a token">
              <p>People make theirs under Tokens; you can revoke them here.</p>
            </Empty>
          }
        >
          <TokenTable
            tokens={data()}
            revoke={(id) => api.tokens.revokeAny.mutate({ id })}
            onRevoked={tokens.refetch}
          />
        </Show>
      )}
    </QueryView>
  );
}
