import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { longInputs } from "../../shared/batch.ts";
import type { AppRouter } from "../api/router.ts";
import { EventStream, type StreamOptions } from "./event-stream.ts";
import { retryingFetch } from "./retrying-fetch.ts";

export interface MaestroClientOptions {
  /** The address of the server, such as https://maestro.example.com. */
  url: string;
  /** An API token; its scopes are all that the client may do. */
  token: string;
  /** Attempts after the first, 4 unless given. */
  retries?: number;
  /** Told before each pause, with why. */
  onRetry?: (why: string) => void;
}

export type MaestroClient = ReturnType<typeof createTRPCClient<AppRouter>>;

/**
 * Every procedure of the server, typed: `client.tables.list.query({})`, `client.tables.run.mutate({ id })`,
 * `client.events.subscribe(undefined, { onData })`. Queries are asked again after faults that pass,
 * mutations where the server refused them for now; a subscription connects again by itself. What is
 * refused is a `TRPCClientError` whose `data` has `code`, `hint` and `field`.
 */
export function createMaestroClient(options: MaestroClientOptions): MaestroClient {
  const { url, token, retries = 4, onRetry } = options;
  if (!URL.canParse(url))
    throw new TypeError(`${url} is no URL: write https://maestro.example.com`);
  const address = new URL("/trpc", url).href;
  const headers = { "x-api-token": token };
  const retry = { retries, random: Math.random, ...(onRetry ? { onRetry } : {}) };
  // A redirect would take the token to another host.
  const send: typeof fetch = (input, init) => fetch(input, { ...init, redirect: "error" });
  const linkFor = (isQuery: boolean) => ({
    url: address,
    headers,
    fetch: asLinkFetch(retryingFetch(send, retry, isQuery)),
  });
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: httpSubscriptionLink({
          url: address,
          EventSource: EventStream,
          eventSourceOptions: (): StreamOptions => ({ headers, fetch: send }),
        }),
        false: splitLink({
          condition: ({ type }) => type === "mutation",
          true: httpLink(linkFor(false)),
          false: splitLink({
            condition: ({ path }) => longInputs.has(path),
            true: httpLink({ ...linkFor(true), methodOverride: "POST" }),
            false: httpLink(linkFor(true)),
          }),
        }),
      }),
    ],
  });
}

type LinkFetch = NonNullable<Parameters<typeof httpLink>[0]["fetch"]>;

function asLinkFetch(send: typeof fetch): LinkFetch {
  return (input, init) => send(input, init as RequestInit);
}
