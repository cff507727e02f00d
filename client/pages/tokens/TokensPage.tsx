import { createSignal, For, Show } from "solid-js";
import type { TokenView } from "../../../shared/user.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { Empty } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { createAction } from "../../state/create-action.ts";
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
          <Show when={data().length > 0} fallback={<Empty title="No tokens yet" />}>
            <div class="card table-wrap">
              <table class="table">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Scopes</th>
                    <th scope="col">Created</th>
                    <th scope="col">Last used</th>
                    <th scope="col">Expires</th>
                    <th scope="col">
                      <span class="visually-hidden">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  <For each={data()}>
                    {(token) => <Row token={token} onRevoked={tokens.refetch} />}
                  </For>
                </tbody>
              </table>
            </div>
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

function Row(props: { token: TokenView; onRevoked: () => void }) {
  const [isAsking, setAsking] = createSignal(false);
  const revoke = createAction("Revoke", async () => {
    await api.tokens.revoke.mutate({ id: props.token.id });
    props.onRevoked();
  });
  return (
    <tr>
      <td>{props.token.name}</td>
      <td class="shrink">{props.token.scopes.join(", ")}</td>
      <td class="shrink">
        <RelativeTime at={props.token.createdAt} />
      </td>
      <td class="shrink">
        <RelativeTime at={props.token.lastUsedAt} none="never" />
      </td>
      <td class="shrink">
        <RelativeTime at={props.token.expiresAt} none="never" />
      </td>
      <td class="shrink">
        <button
          type="button"
          class="button small quiet danger"
          disabled={revoke.isRunning()}
          onClick={() => setAsking(true)}
        >
          Revoke
        </button>
        <ConfirmDialog
          title={`Revoke ${props.token.name}?`}
          text="Programs that use it are refused at once. It cannot be brought back."
          action="Revoke"
          open={isAsking()}
          onClose={() => setAsking(false)}
          onConfirm={() => void revoke.run()}
        />
      </td>
    </tr>
  );
}
