import { createSignal } from "solid-js";
import { type ApiError, toApiError } from "../api-error.ts";
import { showError } from "./create-toasts.ts";

/** One thing a button does: `run` ignores clicks while it is under way and reports failure. */
export interface Action<Args extends unknown[]> {
  run(...args: Args): Promise<boolean>;
  isRunning: () => boolean;
  error: () => ApiError | null;
  clearError(): void;
}

/**
 * @param name what failed, as the toast says it: "Cancel run".
 * @param options `quiet`: no toast, the page shows `error()` at its place.
 */
export function createAction<Args extends unknown[]>(
  name: string,
  act: (...args: Args) => Promise<unknown>,
  options: { quiet?: boolean } = {},
): Action<Args> {
  const [isRunning, setRunning] = createSignal(false);
  const [error, setError] = createSignal<ApiError | null>(null);
  return {
    isRunning,
    error,
    clearError: () => setError(null),
    async run(...args) {
      if (isRunning()) return false;
      setRunning(true);
      setError(null);
      try {
        await act(...args);
        return true;
      } catch (cause) {
        setError(toApiError(cause));
        if (options.quiet !== true) showError(name, cause);
        return false;
      } finally {
        setRunning(false);
      }
    },
  };
}
