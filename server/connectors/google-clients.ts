import { BigQuery } from "@google-cloud/bigquery";
import { Storage } from "@google-cloud/storage";
import { drive, type drive_v3 } from "@googleapis/drive";
import { sheets, type sheets_v4 } from "@googleapis/sheets";
import { GoogleAuth, JWT, OAuth2Client } from "google-auth-library";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { ServiceAccountKey } from "../../shared/settings-cloud.ts";

export interface GoogleClients {
  bigquery: BigQuery;
  storage: Storage;
  sheets: sheets_v4.Sheets;
  drive: drive_v3.Drive;
}

export interface GoogleClientOptions {
  projectId: string;
  location: string;
  /** The local cloud's address; null is Google's own. */
  localCloudUrl: string | null;
  /** Where Sheets and Drive are answered; absent, as for BigQuery. */
  sheetsUrl?: string | null;
  /** Whether spreadsheets are made in a folder that others have made. */
  usesFolder?: boolean;
  /** A service account's key; without one, Application Default Credentials. */
  key?: ServiceAccountKey | null;
  /** Where all of Google's APIs are answered instead: an emulator, which takes any token. */
  googleUrl?: string | null;
}

/** The engine repeats BigQuery's calls itself, by its own rules and where a user can see it. */
const autoRetry = false;

const emulatedEmail = "emulator@maestro.iam.gserviceaccount.com";

const cloudScopes = ["https://www.googleapis.com/auth/cloud-platform"];

/** Google's own clients, for Google's cloud or the local one. */
export function createGoogleClients(options: GoogleClientOptions): GoogleClients {
  const { projectId, location, localCloudUrl, googleUrl = null } = options;
  const apiEndpoint = (localCloudUrl ?? googleUrl)?.replace(/\/$/, "");
  if (apiEndpoint === undefined) {
    const account = { projectId, ...authOf(options, cloudScopes) };
    const storage = new Storage(account);
    nameSigner(storage, options);
    return {
      bigquery: new BigQuery({ ...account, location, autoRetry }),
      storage,
      ...sheetClients(options),
    };
  }
  const client = () => authOf(options, cloudScopes).authClient ?? tokenClient();
  const storage = new Storage({
    projectId,
    apiEndpoint,
    authClient: client(),
    useAuthWithCustomEndpoint: true,
  });
  if (localCloudUrl !== null) Object.assign(storage.authClient, signingBy(apiEndpoint));
  else nameSigner(storage, options);
  const authClient = client();
  return {
    bigquery: new BigQuery({ projectId, location, apiEndpoint, autoRetry, authClient }),
    storage,
    ...sheetClients(options),
  };
}

/** A key where there is one, or an emulator; nothing leaves it to Application Default Credentials. */
function authOf(
  { key, googleUrl, localCloudUrl }: GoogleClientOptions,
  scopes: string[],
): { authClient?: OAuth2Client } {
  if (localCloudUrl !== null) return {};
  if (!key && !googleUrl) return {};
  const authClient = key
    ? new JWT({ email: key.email, key: key.privateKey, scopes, ...keyIdOf(key) })
    : tokenClient();
  if (googleUrl) sendTo(authClient, googleUrl);
  return { authClient };
}

function keyIdOf({ keyId }: ServiceAccountKey): { keyId?: string } {
  return keyId === null ? {} : { keyId };
}

/** Tokens and signatures are asked for there too, whose addresses Google's library has fixed. */
function sendTo({ transporter }: OAuth2Client, url: string): void {
  transporter.interceptors.request.add({
    resolved: (request) => {
      const { hostname, pathname, search } = new URL(request.url);
      if (hostname.endsWith(".googleapis.com")) request.url = new URL(`${pathname}${search}`, url);
      return Promise.resolve(request);
    },
  });
}

/** Of a client that it was given, Google's library looks for the account in the environment instead. */
function nameSigner({ authClient }: Storage, { key, googleUrl }: GoogleClientOptions): void {
  const email = key?.email ?? (googleUrl ? emulatedEmail : null);
  if (email !== null) authClient.getCredentials = () => Promise.resolve({ client_email: email });
}

/**
 * `drive.file` covers the files that Maestro has made itself, and Sheets with them; to put them into a
 * folder of somebody else's takes all of `drive`, which still reaches only what is shared with the
 * account.
 */
function sheetClients(options: GoogleClientOptions): Pick<GoogleClients, "sheets" | "drive"> {
  const url = options.sheetsUrl ?? options.localCloudUrl ?? options.googleUrl ?? null;
  const scopes = [`https://www.googleapis.com/auth/${options.usesFolder ? "drive" : "drive.file"}`];
  const own = () => authOf(options, scopes).authClient ?? new GoogleAuth({ scopes });
  const auth = url === null ? own() : tokenClient();
  // Their own repetition knows no Retry-After, and leaves out POST.
  const common = { auth, retry: false, ...(url === null ? {} : { rootUrl: url }) };
  return {
    sheets: sheets({ version: "v4", ...common }),
    drive: drive({ version: "v3", ...common }),
  };
}

/** A token that never ends, so that no client asks Google for another one. */
function tokenClient(): OAuth2Client {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: "local-cloud", expiry_date: Date.UTC(9999, 0) });
  return client;
}

/** URLs are signed by the local cloud, which keeps the key to itself, as IAM's signBlob does. */
function signingBy(url: string) {
  return {
    async getCredentials(): Promise<{ client_email: string }> {
      const { email } = await call<{ email: string }>(`${url}/signing-account`);
      return { client_email: email };
    },
    async sign(text: string): Promise<string> {
      const payload = Buffer.from(text).toString("base64");
      const { signedBlob } = await call<{ signedBlob: string }>(`${url}/signing-account/sign`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ payload }),
      });
      return signedBlob;
    },
  };
}

async function call<T>(url: string, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(url, init).catch((cause: unknown) => {
    throw new MaestroError("storage", `the local cloud does not sign: ${messageOf(cause)}`, {
      cause,
      retryable: true,
    });
  });
  if (answer.ok) return (await answer.json()) as T;
  throw new MaestroError("storage", `the local cloud does not sign: HTTP ${answer.status}`, {
    retryable: answer.status >= 500,
  });
}
