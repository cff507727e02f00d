import { For } from "solid-js";
import { settingGroups } from "../../../shared/settings.ts";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { BigqueryCheck } from "./BigqueryCheck.tsx";
import { GitCheck } from "./GitCheck.tsx";
import { SettingGroup } from "./SettingGroup.tsx";
import { SlackCheck } from "./SlackCheck.tsx";

/** The settings of the installation, for admins. */
export function SettingsPage() {
  const settings = createApiQuery(
    () => ["settings"],
    (signal) => api.settings.list.query(undefined, { signal }),
  );
  return (
    <Page
      title="Settings"
      lead="What is saved here holds at once, on every server. Secrets are stored encrypted, and never shown again."
    >
      <QueryView query={settings} what="the settings">
        {(views) => (
          <div class="stack">
            <For each={Object.entries(settingGroups)}>
              {([group, title]) => (
                <SettingGroup
                  title={title}
                  views={views().filter(({ key }) => key.startsWith(`${group}.`))}
                  onSaved={settings.refetch}
                >
                  {group === "slack" ? <SlackCheck /> : null}
                  {group === "bigquery" ? <BigqueryCheck /> : null}
                  {group === "git" ? <GitCheck /> : null}
                </SettingGroup>
              )}
            </For>
          </div>
        )}
      </QueryView>
    </Page>
  );
}
