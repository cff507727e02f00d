import { createSignal, Show } from "solid-js";
import { settings } from "../../../shared/settings.ts";
import { redirectPath } from "../../../shared/sign-in.ts";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { TextField } from "../../components/Field.tsx";
import { createAction } from "../../state/create-action.ts";
import { showToast } from "../../state/create-toasts.ts";
import { sendSetup } from "./sign-in-requests.ts";

/** The first run on a network: whoever can read the log enters the OAuth client. */
export function SetupForm(props: { onDone: () => void }) {
  const [bootToken, setBootToken] = createSignal("");
  const [publicUrl, setPublicUrl] = createSignal(window.location.origin);
  const [clientId, setClientId] = createSignal("");
  const [clientSecret, setClientSecret] = createSignal("");
  const [domains, setDomains] = createSignal("");
  const save = createAction(
    "Set up signing in",
    async () => {
      await sendSetup({
        bootToken: bootToken(),
        publicUrl: publicUrl(),
        clientId: clientId(),
        clientSecret: clientSecret(),
        domains: domains(),
      });
      showToast("Saved: sign in now");
      props.onDone();
    },
    { quiet: true },
  );
  const faultOf = (field: string) => {
    const error = save.error();
    return error?.field === field ? error.message : null;
  };
  const otherFault = () => (save.error()?.field ? null : save.error());
  const redirectUri = () => `${publicUrl().replace(/\/+$/, "")}${redirectPath}`;
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}
    >
      <p>
        Nobody has signed in as admin yet. Make an OAuth client of the type <em>Web application</em>{" "}
        in Google Cloud, with this redirect URI:
      </p>
      <code class="secret">{redirectUri()}</code>
      <p class="muted">The first person who signs in after this becomes admin.</p>
      <TextField
        label="Boot token"
        hint="Maestro's log has it, from when it started"
        value={bootToken()}
        onInput={setBootToken}
        error={faultOf("bootToken")}
      />
      <TextField
        label={settings["web.publicUrl"].label}
        hint={settings["web.publicUrl"].help}
        value={publicUrl()}
        onInput={setPublicUrl}
        error={faultOf("web.publicUrl")}
      />
      <TextField
        label={settings["oauth.clientId"].label}
        value={clientId()}
        onInput={setClientId}
        error={faultOf("oauth.clientId")}
      />
      <TextField
        label={settings["oauth.clientSecret"].label}
        type="password"
        value={clientSecret()}
        onInput={setClientSecret}
        error={faultOf("oauth.clientSecret")}
      />
      <TextField
        label={settings["oauth.domains"].label}
        hint={settings["oauth.domains"].help}
        placeholder="example.com, example.org"
        value={domains()}
        onInput={setDomains}
        error={faultOf("oauth.domains")}
      />
      <Show when={otherFault()}>{(error) => <ErrorNotice error={error()} />}</Show>
      <div class="row">
        <button type="submit" class="button primary" disabled={save.isRunning()}>
          Save
        </button>
      </div>
    </form>
  );
}
