import { createSignal, For, Show } from "solid-js";
import { expiryWarningDays, type TokenView } from "../../shared/user.ts";
import { formatPlural } from "../format.ts";
import { createAction } from "../state/create-action.ts";
import { clock } from "../state/create-clock.ts";
import { ConfirmDialog } from "./Dialog.tsx";
import { RelativeTime } from "./Time.tsx";

interface ListedToken extends TokenView {
  /** Whose it is, where they are several people's. */
  userEmail?: string;
}

interface Props {
  tokens: ListedToken[];
  revoke: (id: number) => Promise<unknown>;
  onRevoked: () => void;
}

/** API tokens, with what ends soon said above them. */
export function TokenTable(props: Props) {
  const hasOwners = () => props.tokens.some(({ userEmail }) => userEmail !== undefined);
  const ending = () => props.tokens.filter((token) => endOf(token) === "soon");
  return (
    <>
      <Show when={ending().length > 0}>
        <div class="notice warn" role="status">
          <div>
            <strong>
              {ending()
                .map(({ name }) => name)
                .join(", ")}{" "}
              {ending().length === 1 ? "ends" : "end"} within{" "}
              {formatPlural(expiryWarningDays, "day")}.
            </strong>
            <p>Make a new token, put it where the old one is used, then revoke the old one.</p>
          </div>
        </div>
      </Show>
      <div class="card table-wrap">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <Show when={hasOwners()}>
                <th scope="col">Whose</th>
              </Show>
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
            <For each={props.tokens}>
              {(token) => <Row {...props} token={token} hasOwners={hasOwners()} />}
            </For>
          </tbody>
        </table>
      </div>
    </>
  );
}

function endOf({ expiresAt }: TokenView): "past" | "soon" | "later" {
  if (expiresAt === null) return "later";
  const days = (Date.parse(expiresAt) - clock()) / 86_400_000;
  if (days <= 0) return "past";
  return days <= expiryWarningDays ? "soon" : "later";
}

function Row(props: Omit<Props, "tokens"> & { token: ListedToken; hasOwners: boolean }) {
  const [isAsking, setAsking] = createSignal(false);
  const revoke = createAction("Revoke", async () => {
    await props.revoke(props.token.id);
    props.onRevoked();
  });
  return (
    <tr>
      <td>{props.token.name}</td>
      <Show when={props.hasOwners}>
        <td>{props.token.userEmail}</td>
      </Show>
      <td class="shrink">{props.token.scopes.join(", ")}</td>
      <td class="shrink">
        <RelativeTime at={props.token.createdAt} />
      </td>
      <td class="shrink">
        <RelativeTime at={props.token.lastUsedAt} none="never" />
      </td>
      <td
        class="shrink"
        classList={{
          "warn-text": endOf(props.token) === "soon",
          "bad-text": endOf(props.token) === "past",
        }}
      >
        <Show when={endOf(props.token) === "past"}>ended </Show>
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
