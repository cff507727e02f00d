/** Shown for an answer of 401, whatever the address: signing in returns to it. */
export function SignInPage(props: { retry: () => void }) {
  return (
    <main class="sign-in">
      <div class="card pad stack">
        <img src="/icon.svg" alt="" width="40" height="40" />
        <h1>Sign in to Maestro</h1>
        <p>
          Open the sign-in address that <code>npm start</code> printed in its terminal. It works
          once, for this browser.
        </p>
        <p class="muted">
          Not there any more? Stop Maestro and start it again for a new address. Programs sign in
          with an API token instead: <code>npm run maestro -- token</code>
        </p>
        <div class="row">
          <button type="button" class="button primary" onClick={() => props.retry()}>
            I have signed in
          </button>
        </div>
      </div>
    </main>
  );
}
