import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { TableDetail } from "../../../shared/table.ts";
import { Empty } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { formatBytes, formatPlural } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

export function ExtractsTab(props: { table: TableDetail }) {
  const extract = createApiQuery(
    () => ["table", "extract", props.table.id],
    (signal) => api.tables.extract.query({ id: props.table.id }, { signal }),
  );
  return (
    <QueryView
      query={extract}
      what="the extract"
      empty={
        <Empty title="No extract yet">
          <p>
            {props.table.definition.extract
              ? "Its files show here after the next run."
              : "Switch on “Extract files after each run” in the definition, save, and run."}
          </p>
        </Empty>
      }
    >
      {(data) => (
        <section class="card">
          <div class="card-head">
            <h2>{formatPlural(data().files.length, "file")}</h2>
            <span class="muted small">
              made <RelativeTime at={data().at} /> by{" "}
              <A href={`/runs/${data().runId}`}>run {data().runId}</A>; links end{" "}
              <RelativeTime at={data().expiresAt} />
            </span>
          </div>
          <Show when={data().missingFiles > 0}>
            <p class="muted">
              {formatPlural(data().missingFiles, "file")} of it{" "}
              {data().missingFiles === 1 ? "is" : "are"} gone from the bucket. Run the table to
              extract it anew.
            </p>
          </Show>
          <ul class="list">
            <For each={data().files}>
              {(file) => (
                <li>
                  <span class="grow mono truncate">{file.name}</span>
                  <span class="num muted">{formatBytes(file.bytes)}</span>
                  <a class="button small" href={file.url} download={baseName(file.name)}>
                    <Icon name="download" size={14} />
                    Download
                  </a>
                </li>
              )}
            </For>
          </ul>
        </section>
      )}
    </QueryView>
  );
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
