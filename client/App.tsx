import type { RouteSectionProps } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import { createEffect, ErrorBoundary, Match, onCleanup, Suspense, Switch } from "solid-js";
import type { Me } from "../shared/user.ts";
import { toApiError } from "./api-error.ts";
import { ErrorNotice, Loading } from "./components/Feedback.tsx";
import { PageFault } from "./components/PageFault.tsx";
import { Shell } from "./components/Shell.tsx";
import { Toasts } from "./components/Toasts.tsx";
import { SignInPage } from "./pages/sign-in/SignInPage.tsx";
import { createApiQuery } from "./state/create-api-query.ts";
import { createCurrency } from "./state/create-currency.ts";
import { createLiveUpdates } from "./state/create-live-updates.ts";
import { showError } from "./state/create-toasts.ts";
import { api } from "./trpc.ts";

export function App(props: RouteSectionProps) {
  const client = useQueryClient();
  const me = createApiQuery(
    () => ["me"],
    (signal) => api.me.get.query(undefined, { signal }),
    // Until someone is signed in: the sign-in link may be opened in another tab.
    { pollMs: (user) => (user === undefined ? 5000 : false) },
  );

  // A session that ends while a page is open shows on whichever query hits it first.
  const unwatch = client.getQueryCache().subscribe((event) => {
    if (event.type !== "updated" || event.query.queryKey[0] === "me") return;
    const error = event.query.state.error;
    if (event.action.type === "error" && toApiError(error).code === "unauthenticated") {
      void client.resetQueries({ queryKey: ["me"] });
    }
  });
  onCleanup(unwatch);

  return (
    <>
      <Switch fallback={<Loading what="Maestro" />}>
        <Match when={me.error()?.code === "unauthenticated"}>
          <SignInPage retry={me.refetch} />
        </Match>
        <Match when={me.data()}>
          {(user) => <SignedIn me={user()}>{props.children}</SignedIn>}
        </Match>
        <Match when={me.error()}>
          {(error) => (
            <div class="page">
              <ErrorNotice error={error()} retry={me.refetch} />
            </div>
          )}
        </Match>
      </Switch>
      <Toasts />
    </>
  );
}

function SignedIn(props: { me: Me; children: RouteSectionProps["children"] }) {
  const client = useQueryClient();
  const live = createLiveUpdates(client);
  createCurrency();

  createEffect(() => {
    document.documentElement.classList.toggle("is-offline", live.lostAt() !== null);
  });

  async function signOut(): Promise<void> {
    try {
      await fetch("/auth/sign-out", { method: "POST" });
      client.clear();
      window.location.assign("/");
    } catch (error) {
      showError("Sign out", error);
    }
  }

  return (
    <Shell me={props.me} lostAt={live.lostAt()} signOut={() => void signOut()}>
      <ErrorBoundary
        fallback={(error, reset) => (
          <PageFault error={error} isOnline={live.lostAt() === null} reset={reset} />
        )}
      >
        <Suspense fallback={<Loading what="the page" />}>{props.children}</Suspense>
      </ErrorBoundary>
    </Shell>
  );
}
