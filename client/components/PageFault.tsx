import { createEffect } from "solid-js";
import { toApiError } from "../api-error.ts";
import { ErrorNotice } from "./Feedback.tsx";

const reloadedKey = "maestro-reloaded";
/** A part that is missing again so soon is not there: another reload would find no more. */
const reloadRestMs = 30_000;

/**
 * Where a page cannot be shown. Part of the app may be missing: the server was away as it was asked
 * for, or has another version by now. Only a reload brings it, and does so by itself once there is a
 * connection.
 */
export function PageFault(props: { error: unknown; isOnline: boolean; reset: () => void }) {
  const isPart = () => isMissingPart(props.error);
  createEffect(() => {
    if (isPart() && props.isOnline && isReloadDue()) void reloadIfThere();
  });
  return (
    <div class="page">
      <ErrorNotice
        error={toApiError(props.error)}
        retry={() => (isPart() ? reload() : props.reset())}
      />
    </div>
  );
}

function isMissingPart(error: unknown): boolean {
  return error instanceof TypeError && /module/i.test(error.message);
}

function isReloadDue(): boolean {
  const last = Number(sessionStorage.getItem(reloadedKey) ?? 0);
  return Date.now() - last > reloadRestMs;
}

/** Without a server the browser's own page of errors would come, which never tries again. */
async function reloadIfThere(): Promise<void> {
  const answer = await fetch("/healthz").catch(() => null);
  if (answer?.ok === true) reload();
}

function reload(): void {
  sessionStorage.setItem(reloadedKey, String(Date.now()));
  window.location.reload();
}
