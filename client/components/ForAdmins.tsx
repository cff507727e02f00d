import { type JSX, Match, Switch } from "solid-js";
import { createApiQuery } from "../state/create-api-query.ts";
import { api } from "../trpc.ts";
import { Empty, Loading } from "./Feedback.tsx";

/** What admins alone may see; others are told whom to ask, and nothing is asked for them. */
export function ForAdmins(props: { children: JSX.Element }) {
  const me = createApiQuery(
    () => ["me"],
    (signal) => api.me.get.query(undefined, { signal }),
  );
  return (
    <Switch fallback={<Loading what="the page" />}>
      <Match when={me.data()?.isAdmin}>{props.children}</Match>
      <Match when={me.data()}>
        <Empty title="This page is for admins">
          <p>Ask one of them for what you need, or to make you an admin.</p>
        </Empty>
      </Match>
    </Switch>
  );
}
