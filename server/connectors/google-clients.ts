import { BigQuery } from "@google-cloud/bigquery";
import { Storage } from "@google-cloud/storage";
import { drive, type drive_v3 } from "@googleapis/drive";
import { sheets, type sheets_v4 } from "@googleapis/sheets";
import { GoogleAuth, OAuth2Client } from "google-auth-library";
import { MaestroError, messageOf } from "../../shared/errors.ts";

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
  /** A service account's key file; without one, Application Default Credentials. */
  keyFile?: string | null;
}

/** The engine repeats BigQuery's calls itself, by its own rules and where a user can see it. */
const autoRetry = false;

/** Google's own clients, for Google's cloud or the local one. */
export async function createGoogleClients(options: GoogleClientOptions): Promise<GoogleClients> {
  const { projectId, location, localCloudUrl } = options;
  if (localCloudUrl === null) {
    const keyFilename = options.keyFile ?? undefined;
    const account = { projectId, ...(keyFilename ? { keyFilename } : {}) };
    return {
      bigquery: new BigQuery({ ...account, location, autoRetry }),
      storage: new Storage(account),
      ...sheetClients(options),
    };
  }
  const apiEndpoint = localCloudUrl.replace(/\/$/, "");
  const storage = new Storage({
    projectId,
    apiEndpoint,
    authClient: tokenClient(),
    useAuthWithCustomEndpoint: true,
  });
  Object.assign(storage.authClient, signingBy(apiEndpoint));
  return {
    bigquery: new BigQuery({
      projectId,
      location,
      apiEndpoint,
      autoRetry,
      authClient: tokenClient(),
    }),
    storage,
    ...sheetClients(options),
  };
}

/**
 * `drive.file` covers the files that Maestro has made itself, and Sheets with them; to put them into a
 * folder of somebody else's takes all of `drive`, which still reaches only what is shared with the
 * account.
 */
function sheetClients(options: GoogleClientOptions): Pick<GoogleClients, "sheets" | "drive"> {
  const url = options.sheetsUrl ?? options.localCloudUrl;
  const scope = options.usesFolder ? "drive" : "drive.file";
  const auth =
    url === null
      ? new GoogleAuth({
          scopes: [`https://www.googleapis.com/auth/${scope}`],
          ...(options.keyFile ? { keyFilename: options.keyFile } : {}),
        })
      : tokenClient();
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
