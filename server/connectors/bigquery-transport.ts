import type { BigQuery } from "@google-cloud/bigquery";
import { EnvHttpProxyAgent, request } from "undici";
import { translateError } from "./bigquery-errors.ts";

export interface Call {
  method?: "GET" | "POST";
  /** Below the project, with a slash at its beginning. */
  uri: string;
  qs?: Record<string, unknown>;
  json?: unknown;
  /** How long the server may rightly keep the answer back. */
  waitMs?: number;
}

/** Carries a request to BigQuery, once; throws what `translateError` makes of its faults. */
export type Transport = <T>(doing: string, call: Call) => Promise<T>;

/** An answer that takes longer than this beyond what was asked for is a dead connection. */
const answerMs = 60_000;
const connectMs = 10_000;

/** Google's client as it is. */
export function clientTransport(bigquery: BigQuery): Transport {
  return <T>(doing: string, { waitMs = 0, ...call }: Call) =>
    new Promise<T>((resolve, reject) => {
      bigquery.request(
        { ...call, timeout: answerMs + waitMs } as Parameters<BigQuery["request"]>[0],
        (error, body) => (error ? reject(translateError(error, doing)) : resolve(body as T)),
      );
    });
}

/**
 * Signed in and addressed by Google's client, and carried by undici over connections that are kept.
 * For the three calls that every job costs: through Google's client each of them takes the event
 * loop 0.4 ms, this way 0.04 ms, and that is the engine's greatest cost. Proxies are those of the
 * environment (HTTPS_PROXY, NO_PROXY), as with Google's client.
 */
export function directTransport(bigquery: BigQuery, projectId: string): Transport {
  const dispatcher = new EnvHttpProxyAgent({ connect: { timeout: connectMs } });
  const base = `${bigquery.baseUrl}/projects/${projectId}`;
  const send = async ({ method = "GET", uri, qs, json, waitMs = 0 }: Call) => {
    const headers = Object.fromEntries(await bigquery.authClient.getRequestHeaders());
    if (json !== undefined) headers["content-type"] = "application/json";
    const answer = await request(`${base}${uri}${queryString(qs)}`, {
      dispatcher,
      method,
      headers,
      body: json === undefined ? null : JSON.stringify(json),
      headersTimeout: answerMs + waitMs,
      bodyTimeout: answerMs,
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw toApiError(answer.statusCode, answer.headers, text);
    return text === "" ? {} : JSON.parse(text);
  };
  return <T>(doing: string, call: Call) =>
    send(call).catch((error: unknown) => {
      throw translateError(error, doing);
    }) as Promise<T>;
}

function queryString(qs: Call["qs"] = {}): string {
  const pairs = Object.entries(qs).map(([name, value]): [string, string] => [name, String(value)]);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}

interface ErrorBody {
  error?: { message?: string; errors?: { reason?: string; message?: string }[] };
}

/** The shape of Google's ApiError. A proxy on the way answers in words of its own. */
function toApiError(
  code: number,
  headers: Record<string, string | string[] | undefined>,
  text: string,
): Error {
  const { error } = parseErrorBody(text);
  const message = error?.message ?? `HTTP ${code}: ${text.slice(0, 200)}`;
  return Object.assign(new Error(message), {
    code,
    errors: error?.errors ?? [],
    response: { headers },
  });
}

function parseErrorBody(text: string): ErrorBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}
