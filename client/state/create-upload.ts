import { createSignal } from "solid-js";
import type { UploadTarget } from "../../shared/table.ts";
import { type ApiError, toApiError } from "../api-error.ts";
import { api } from "../trpc.ts";

export type UploadState =
  | { kind: "idle" }
  | { kind: "sending"; file: string; sent: number; total: number }
  | { kind: "loading"; file: string }
  | { kind: "done"; runId: number | null }
  | { kind: "failed"; error: ApiError };

/**
 * Brings files into an external table: each goes straight to the bucket by a signed PUT URL, then
 * one `loadExternal` names them all. A failure on the way loads nothing.
 */
export function createUpload(tableId: () => number) {
  const [state, setState] = createSignal<UploadState>({ kind: "idle" });

  let cancelling = new AbortController();

  async function upload(files: File[]): Promise<void> {
    cancelling = new AbortController();
    const { signal } = cancelling;
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const id = tableId();
    let before = 0;
    try {
      const objects: string[] = [];
      for (const file of files) {
        const target = await api.tables.uploadUrl.mutate({ id, fileName: file.name }, { signal });
        const report = (sent: number) =>
          setState({ kind: "sending", file: file.name, sent: before + sent, total });
        await put(file, target, report, signal);
        before += file.size;
        objects.push(target.objectName);
      }
      setState({ kind: "loading", file: files.map((file) => file.name).join(", ") });
      const { runId } = await api.tables.loadExternal.mutate({ id, objects });
      setState({ kind: "done", runId });
    } catch (error) {
      setState(signal.aborted ? { kind: "idle" } : { kind: "failed", error: toApiError(error) });
    }
  }

  return {
    state,
    upload,
    /** While files are sent; what was sent already is loaded by nobody, and deleted in time. */
    cancel: () => cancelling.abort(),
  };
}

/** XMLHttpRequest, since fetch does not tell how much of a body is sent. */
function put(
  file: File,
  { url, contentType }: UploadTarget,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.setRequestHeader("content-type", contentType);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else
        reject(
          new Error(`The bucket refused ${file.name}: ${request.status} ${request.responseText}`),
        );
    };
    request.onerror = () =>
      reject(new Error(`The bucket did not answer while ${file.name} was sent.`));
    signal.throwIfAborted();
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.onabort = () => reject(signal.reason);
    request.send(file);
  });
}
