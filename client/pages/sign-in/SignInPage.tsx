import { useLocation } from "@solidjs/router";
import { createEffect, type JSX, Match, Show, Switch } from "solid-js";
import { type SignInRefusal, type SignInState, signInRefusals } from "../../../shared/sign-in.ts";
import { ErrorNotice, Loading } from "../../components/Feedback.tsx";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { SetupForm } from "./SetupForm.tsx";
import { beginSignIn, fetchSignInState, signOut } from "./sign-in-requests.ts";

/**
 * Shown for an answer of 401, whatever the address: signing in returns to it. It asks now and then, so
 * that a person who waits for an admin, or for the first run, need not reload it.
 */
export function SignInPage(props: { retry: () => void }) {
  const state = createApiQuery(() => ["signIn"], fetchSignInState, { pollMs: () => 5_000 });
  return (
    <Switch
      fallback={
        <Frame title="Sign in to Maestro">
          <Loading what="how to sign in" lines={3} />
        </Frame>
      }
    >
      <Match when={state.data()?.waiting}>{(user) => <Waiting email={user().email} />}</Match>
      <Match when={state.data()?.disabled}>{(user) => <Disabled email={user().email} />}</Match>
      <Match when={state.data()?.needsSetup}>
        <Frame title="Set up signing in">
          <SetupForm onDone={() => state.refetch()} />
        </Frame>
      </Match>
      <Match when={state.data()}>
        {(ways) => <Ways state={ways()} retry={() => props.retry()} onSetUp={state.refetch} />}
      </Match>
      <Match when={state.error()}>
        {(error) => (
          <Frame title="Sign in to Maestro">
            <ErrorNotice error={error()} retry={state.refetch} />
          </Frame>
        )}
      </Match>
    </Switch>
  );
}

function Frame(props: { title: string; children: JSX.Element }) {
  createEffect(() => {
    document.title = `${props.title} · Maestro`;
  });
  return (
    <main class="sign-in">
      <div class="card pad stack">
        <img src="/icon.svg" alt="" width="40" height="40" />
        <h1>{props.title}</h1>
        {props.children}
      </div>
    </main>
  );
}

function Waiting(props: { email: string }) {
  return (
    <Frame title="An admin has to let you in">
      <p>
        You are signed in as <strong>{props.email}</strong>. Ask an admin of Maestro to enable you:
        this page goes on by itself then.
      </p>
      <OtherAccount />
    </Frame>
  );
}

function Disabled(props: { email: string }) {
  return (
    <Frame title="You were disabled">
      <p>
        An admin of Maestro has shut <strong>{props.email}</strong> out. Ask one whether that is
        meant: enabled again, you sign in anew.
      </p>
      <OtherAccount />
    </Frame>
  );
}

function OtherAccount() {
  const leave = createAction("Sign out", signOut);
  return (
    <div class="row">
      <button type="button" class="button" onClick={() => void leave.run()}>
        Use another account
      </button>
    </div>
  );
}

function Ways(props: { state: SignInState; retry: () => void; onSetUp: () => void }) {
  return (
    <Frame title="Sign in to Maestro">
      <RefusalNotice />
      <Show when={props.state.google}>
        <GoogleButton publicUrl={props.state.publicUrl} />
      </Show>
      <Show when={props.state.link}>
        <p>
          {props.state.google ? "Or open" : "Open"} the sign-in address that <code>npm start</code>{" "}
          printed in its terminal. It works once, for this browser.
        </p>
        <p class="muted">
          Not there any more? Stop Maestro and start it again for a new address. Programs sign in
          with an API token instead: <code>npm run maestro -- token</code>
        </p>
        <div class="row">
          <button type="button" class="button" onClick={() => props.retry()}>
            I have signed in
          </button>
        </div>
      </Show>
      <Show when={props.state.canCorrect}>
        <details>
          <summary>Correct what was entered in the first run</summary>
          <SetupForm onDone={props.onSetUp} />
        </details>
      </Show>
    </Frame>
  );
}

/** Why the last sign-in did not succeed: its way back names it. */
function RefusalNotice() {
  const location = useLocation();
  const refusal = () => {
    const name = String(location.query["refused"] ?? "");
    return Object.hasOwn(signInRefusals, name) ? signInRefusals[name as SignInRefusal] : null;
  };
  return (
    <Show when={refusal()}>
      {(why) => (
        <div class="notice bad" role="alert">
          <div>
            <strong>{why().title}</strong>
            <p>{why().remedy}</p>
          </div>
        </div>
      )}
    </Show>
  );
}

function GoogleButton(props: { publicUrl: string | null }) {
  const location = useLocation();
  const returnTo = () =>
    location.pathname === "/sign-in" ? "/" : `${location.pathname}${location.search}`;
  const begin = createAction("Sign in", () => beginSignIn(returnTo()), { quiet: true });
  const isElsewhere = () => props.publicUrl !== null && props.publicUrl !== window.location.origin;
  return (
    <>
      <Show when={begin.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
      <div class="row">
        <Show
          when={isElsewhere()}
          fallback={
            <button
              type="button"
              class="button primary"
              disabled={begin.isRunning()}
              onClick={() => void begin.run()}
            >
              Sign in with Google
            </button>
          }
        >
          <a class="button primary" href={`${props.publicUrl}/sign-in`}>
            Sign in at {props.publicUrl}
          </a>
        </Show>
      </div>
    </>
  );
}
