import { DropdownMenu } from "@kobalte/core/dropdown-menu";
import { For } from "solid-js";
import { Icon } from "../../components/Icon.tsx";
import { formatPlural } from "../../format.ts";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** Starts a frequency's tables now, whatever its next tick. */
export function StartRun(props: { onStarted: (runId: number) => void }) {
  const frequencies = createApiQuery(
    () => ["frequencies"],
    (signal) => api.frequencies.list.query(undefined, { signal }),
  );
  const start = createAction("Start a run", async (frequencyId: number) => {
    const { runId } = await api.runs.start.mutate({ kind: "frequency", frequencyId });
    props.onStarted(runId);
  });
  return (
    <DropdownMenu placement="bottom-end">
      <DropdownMenu.Trigger
        class="button primary"
        disabled={start.isRunning() || (frequencies.data() ?? []).length === 0}
      >
        <Icon name="run" />
        Start a frequency
        <Icon name="down" size={14} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class="menu">
          <For each={frequencies.data()}>
            {(frequency) => (
              <DropdownMenu.Item class="menu-item" onSelect={() => void start.run(frequency.id)}>
                <span>{frequency.name}</span>
                <span class="small muted">{formatPlural(frequency.tableCount, "table")}</span>
              </DropdownMenu.Item>
            )}
          </For>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  );
}
