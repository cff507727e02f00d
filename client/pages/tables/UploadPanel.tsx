import { A } from "@solidjs/router";
import { createSignal, createUniqueId, Match, Show, Switch } from "solid-js";
import type { TableDetail } from "../../../shared/table.ts";
import { ErrorNotice, ProgressBar } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { formatBytes } from "../../format.ts";
import { createUpload, type UploadState } from "../../state/create-upload.ts";

/** Where an external table takes its files: dropped or chosen. */
export function UploadPanel(props: { table: TableDetail }) {
  const id = createUniqueId();
  const { state, upload, cancel } = createUpload(() => props.table.id);
  const [isOver, setOver] = createSignal(false);
  const isBusy = () => state().kind === "sending" || state().kind === "loading";

  function take(list: FileList | null | undefined): void {
    const files = [...(list ?? [])];
    if (files.length > 0 && !isBusy()) void upload(files);
  }

  return (
    <section
      class="card pad stack drop"
      classList={{ over: isOver() }}
      aria-label="Upload"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <div class="row spread">
        <div>
          <h2>Upload files</h2>
          <p class="muted">
            {formatName[props.table.definition.externalFormat]}; several at once become one load. A
            run that waits for this table goes on by itself.
          </p>
        </div>
        <div>
          <input
            id={id}
            class="visually-hidden"
            type="file"
            multiple
            disabled={isBusy()}
            onChange={(event) => {
              take(event.currentTarget.files);
              event.currentTarget.value = "";
            }}
          />
          <label class="button" for={id}>
            <Icon name="upload" />
            Choose files
          </label>
        </div>
      </div>
      <Progress state={state()} onCancel={cancel} />
    </section>
  );
}

const formatName = {
  CSV: "CSV files",
  NEWLINE_DELIMITED_JSON: "Files of newline-delimited JSON",
  PARQUET: "Parquet files",
};

function Progress(props: { state: UploadState; onCancel: () => void }) {
  const at = <K extends UploadState["kind"]>(kind: K) =>
    props.state.kind === kind ? (props.state as Extract<UploadState, { kind: K }>) : undefined;
  return (
    <Switch>
      <Match when={at("sending")}>
        {(state) => (
          <div class="stack tight">
            <ProgressBar label="Upload" done={state().sent} total={state().total} />
            <div class="row spread">
              <span class="small muted">
                {state().file}: {formatBytes(state().sent)} of {formatBytes(state().total)}
              </span>
              <button type="button" class="small" onClick={() => props.onCancel()}>
                Cancel
              </button>
            </div>
          </div>
        )}
      </Match>
      <Match when={at("loading")}>
        {(state) => (
          <div class="stack tight">
            <ProgressBar label="Load" done={0} total={null} />
            <span class="small muted">Loading {state().file}</span>
          </div>
        )}
      </Match>
      <Match when={at("done")}>
        {(state) => (
          <div class="notice ok" role="status">
            <div>
              Uploaded.{" "}
              <Show when={state().runId} fallback="The run that waited for it goes on.">
                {(runId) => <A href={`/runs/${runId()}`}>Run {runId()} loads it.</A>}
              </Show>
            </div>
          </div>
        )}
      </Match>
      <Match when={at("failed")}>{(state) => <ErrorNotice error={state().error} />}</Match>
    </Switch>
  );
}
