import { createTRPCClient, httpBatchLink } from "@trpc/client";
import type { AppRouter } from "../../server/api/router.ts";
import { maxBatchedCalls } from "../../shared/batch.ts";

/** A typed client signed in by the one-time URL, as a browser is. */
export async function signIn(signInUrl: string) {
  const answer = await fetch(signInUrl, { redirect: "manual" });
  const cookie = answer.headers
    .getSetCookie()
    .map((text) => text.split(";")[0])
    .join("; ");
  if (answer.status !== 303 || cookie === "") throw new Error(`not signed in: ${answer.status}`);
  const { origin } = new URL(signInUrl);
  return createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: `${origin}/trpc`,
        headers: { cookie, origin },
        maxItems: maxBatchedCalls,
      }),
    ],
  });
}

export type ApiClient = Awaited<ReturnType<typeof signIn>>;

/** Asks again until `done` says so. */
export async function until<T>(
  ask: () => Promise<T>,
  done: (value: T) => boolean,
  seconds = 100,
): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const value = await ask();
    if (done(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`not reached in ${seconds} s: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
