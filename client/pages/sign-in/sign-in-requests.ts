import type { SetupInput, SignInState } from "../../../shared/sign-in.ts";
import { type ApiError, RefusedError } from "../../api-error.ts";

/** How one can sign in here. */
export async function fetchSignInState(signal: AbortSignal): Promise<SignInState> {
  return read(await fetch("/auth/state", { signal }));
}

/** Leaves this page for Google's; `returnTo` is where the person comes back to. */
export async function beginSignIn(returnTo: string): Promise<void> {
  const { csrfToken } = await read<{ csrfToken: string }>(await fetch("/api/auth/csrf"));
  const body = { csrfToken, callbackUrl: returnTo };
  const { url } = await post<{ url: string }>("/api/auth/signin/google", body);
  window.location.assign(url);
}

export async function sendSetup(input: SetupInput): Promise<void> {
  await post("/auth/setup", input);
}

/** Ends the session, and shows the page anew for somebody else. */
export async function signOut(): Promise<void> {
  await fetch("/auth/sign-out", { method: "POST" });
  window.location.assign("/sign-in");
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { "content-type": "application/json" };
  return read(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function read<T>(response: Response): Promise<T> {
  const answer = (await response.json()) as { error?: Partial<ApiError> };
  if (response.ok) return answer as T;
  const {
    code = "internal",
    message = "Maestro did not answer.",
    hint,
    field,
  } = answer.error ?? {};
  throw new RefusedError({
    code,
    message,
    hint: hint ?? null,
    field: field ?? null,
    position: null,
  });
}
