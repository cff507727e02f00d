import { createMemo, For, lazy, Show, Suspense } from "solid-js";
import type { TableDefinition, TableVersionView } from "../../../shared/table.ts";
import { Loading } from "../../components/Feedback.tsx";
import { createPointedNames, type PointedNames } from "../../state/create-pointed-names.ts";

const SqlDiff = lazy(async () => ({
  default: (await import("../../components/sql/SqlDiff.tsx")).SqlDiff,
}));

interface Props {
  now: TableVersionView;
  before: TableVersionView | null;
}

/** What a save changed: its settings by name, its SQL side by side. */
export function VersionDiff(props: Props) {
  const names = createPointedNames();
  const settings = createMemo(() =>
    changedSettings(props.before?.definition ?? null, props.now.definition, names),
  );
  const oldSql = () => props.before?.definition.query ?? "";
  const newSql = () => props.now.definition.query;
  return (
    <section class="card" aria-label="Changes">
      <div class="card-head">
        <h2>
          {props.before === null
            ? "As it was created"
            : `Version ${props.now.version} against ${props.before.version}`}
        </h2>
      </div>
      <Show when={settings().length > 0}>
        <div class="table-wrap">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Setting</th>
                <Show when={props.before}>
                  {(one) => <th scope="col">Version {one().version}</th>}
                </Show>
                <th scope="col">Version {props.now.version}</th>
              </tr>
            </thead>
            <tbody>
              <For each={settings()}>
                {(change) => (
                  <tr>
                    <td class="shrink">{change.name}</td>
                    <Show when={props.before}>
                      <td class="mono removed">{change.from}</td>
                    </Show>
                    <td class="mono added">{change.to}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
      <Show when={oldSql() !== newSql()}>
        <Suspense fallback={<Loading what="the SQL" lines={6} />}>
          <SqlDiff
            before={oldSql()}
            after={newSql()}
            labels={[
              `SQL of version ${props.before?.version ?? 0}`,
              `SQL of version ${props.now.version}`,
            ]}
          />
        </Suspense>
      </Show>
      <Show when={settings().length === 0 && oldSql() === newSql()}>
        <p class="card pad muted">It says the same.</p>
      </Show>
    </section>
  );
}

/** The settings that say something other than before; of a first version those that are set. */
function changedSettings(
  before: TableDefinition | null,
  now: TableDefinition,
  names: PointedNames,
) {
  const old = new Map(before === null ? [] : Object.entries(before));
  const textOf = (key: string, value: unknown) =>
    (typeof value === "number" && names(key, value)) || plainText(value);
  return Object.entries(now)
    .filter(([name]) => name !== "query")
    .map(([name, value]) => ({
      name: wordsOf(name),
      from: textOf(name, old.get(name)),
      to: textOf(name, value),
    }))
    .filter(({ from, to }) => from !== to);
}

/** `exportDatabaseId` as `export database`. */
function wordsOf(name: string): string {
  return name.replace(/Id$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function plainText(value: unknown): string {
  if (value === undefined || value === null || value === "" || value === false) return "–";
  if (Array.isArray(value) && value.length === 0) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
