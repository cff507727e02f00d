import { useParams } from "@solidjs/router";
import { Match, Switch } from "solid-js";
import { ForAdmins } from "../../components/ForAdmins.tsx";
import { Page } from "../../components/Page.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { GroupsTab } from "./GroupsTab.tsx";
import { TokensTab } from "./TokensTab.tsx";
import { UsersTab } from "./UsersTab.tsx";

/** Who may sign in, which groups they are in, and the tokens that act for them. */
export function PeoplePage() {
  return (
    <Page title="People" lead="Who may sign in, and whose tables they may change.">
      <ForAdmins>
        <Content />
      </ForAdmins>
    </Page>
  );
}

function Content() {
  const params = useParams<{ tab?: string }>();
  const users = createApiQuery(
    () => ["users"],
    (signal) => api.users.list.query(undefined, { signal }),
  );
  const groups = createApiQuery(
    () => ["groups"],
    (signal) => api.groups.list.query(undefined, { signal }),
  );
  const onChanged = () => {
    users.refetch();
    groups.refetch();
  };
  return (
    <>
      <Tabs
        label="People"
        tabs={[
          { label: "Users", tab: undefined, count: () => users.data()?.length },
          { label: "Groups", tab: "groups", count: () => groups.data()?.length },
          { label: "API tokens", tab: "tokens", count: () => undefined },
        ].map(({ label, tab, count }) => ({
          label,
          href: tab === undefined ? "/people" : `/people/${tab}`,
          get isActive() {
            return params.tab === tab;
          },
          get count() {
            return count();
          },
        }))}
      />
      <Switch>
        <Match when={params.tab === undefined}>
          <UsersTab users={users} groups={groups.data() ?? []} onChanged={onChanged} />
        </Match>
        <Match when={params.tab === "groups"}>
          <GroupsTab groups={groups} users={users.data() ?? []} onChanged={onChanged} />
        </Match>
        <Match when={params.tab === "tokens"}>
          <TokensTab />
        </Match>
      </Switch>
    </>
  );
}
