import { type LookupAddress, type LookupOptions, lookup as resolveName } from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { Agent, request as send } from "undici";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import {
  type AllowedPlaces,
  mayConnect,
  readOutboundUrl,
  refusedAddress,
} from "../support/outbound-address.ts";

/*
 * Connections to addresses that somebody has entered. A name is resolved once, all of its addresses are
 * held against what is allowed, and the connection is made to one of those that were looked at: a name
 * that resolves otherwise a moment later (DNS rebinding) gains nothing.
 */

type Resolve = (
  host: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** For the `lookup` of a connection. One address that is refused refuses the name. */
export function guardedLookup(
  allowed: AllowedPlaces,
  resolve: Resolve = resolveName,
): LookupFunction {
  return (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, []);
      const refused = addresses.find(({ address }) => !mayConnect(host, address, allowed));
      const [first] = addresses;
      if (refused || !first) {
        return done(refusedAddress(host, refused?.address ?? "no address"), []);
      }
      if (options.all) return done(null, addresses);
      done(null, first.address, first.family);
    });
  };
}

/** For clients of Node's own `http` and `https`. */
export function guardedAgent(protocol: string, allowed: AllowedPlaces): http.Agent | https.Agent {
  const options = { lookup: guardedLookup(allowed) };
  const agent = protocol === "https:" ? new https.Agent(options) : new http.Agent(options);
  const connect = agent.createConnection.bind(agent);
  // Of an address that stands in the URL itself no name is looked up.
  agent.createConnection = (to, done) => {
    const host = ("host" in to && to.host) || "";
    if (isIP(host) > 0 && !mayConnect(host, host, allowed)) throw refusedAddress(host, host);
    return connect(to, done);
  };
  return agent;
}

interface GuardedAnswer {
  status: number;
  text: string;
}

const maxRedirects = 3;
const timeoutMs = 8_000;
const maxBytes = 2 ** 20;

/**
 * GETs an address that somebody has entered, each redirect looked at anew. Throws `invalidInput` or
 * `forbidden` for an address that is refused, and `transient` where nothing answers in time.
 */
export async function getGuarded(
  address: string,
  options: { allowed: AllowedPlaces; resolve?: Resolve },
): Promise<GuardedAnswer> {
  const { allowed, resolve = resolveName } = options;
  const dispatcher = new Agent({
    connect: { lookup: guardedLookup(allowed, resolve), timeout: timeoutMs },
    maxResponseSize: maxBytes,
  });
  try {
    let url = readOutboundUrl(address, allowed);
    for (let redirects = 0; ; redirects += 1) {
      const { status, text, location } = await get(url, dispatcher);
      if (status < 300 || status >= 400 || location === null) return { status, text };
      if (redirects === maxRedirects || !URL.canParse(location, url.href)) {
        throw new MaestroError("invalidInput", `${address} redirects without end, or to nowhere`);
      }
      url = readOutboundUrl(new URL(location, url).href, allowed);
    }
  } finally {
    await dispatcher.destroy();
  }
}

/** Of what is answered no more is read. */
const excerptBytes = 2_048;

interface GuardedReceipt {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** The first of the answer. */
  excerpt: string;
}

/**
 * POSTs a text to an address that somebody has entered; no redirect is followed. Throws `invalidInput` or
 * `forbidden` for an address that is refused, and `transient` where nothing answers in time.
 */
export async function sendGuarded(
  address: string,
  sent: { body: string; headers: Record<string, string> },
  options: { allowed: AllowedPlaces; resolve?: Resolve; signal: AbortSignal },
): Promise<GuardedReceipt> {
  const { allowed, resolve = resolveName } = options;
  const url = readOutboundUrl(address, allowed);
  const dispatcher = new Agent({
    connect: { lookup: guardedLookup(allowed, resolve), timeout: timeoutMs },
  });
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const request = { method: "POST", dispatcher, signal, ...sent } as const;
    const { statusCode: status, headers, body } = await send(url.href, request);
    return { status, headers, excerpt: await firstOf(body) };
  } catch (error) {
    if (error instanceof MaestroError) throw error;
    const isLate = signal.aborted && !options.signal.aborted;
    const why = isLate ? `it did not answer within ${timeoutMs / 1000} s` : messageOf(error);
    const message = `${url.host} did not take it: ${why}`;
    throw new MaestroError("transient", message, { cause: error, retryable: true });
  } finally {
    await dispatcher.destroy();
  }
}

async function firstOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= excerptBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, excerptBytes).toString();
}

/** The same for JSON; anything but a 2xx is `transient` too. */
export async function postGuarded(
  address: string,
  body: unknown,
  options: { allowed: AllowedPlaces; resolve?: Resolve; signal: AbortSignal },
): Promise<void> {
  const headers = { "content-type": "application/json" };
  const { status } = await sendGuarded(address, { body: JSON.stringify(body), headers }, options);
  if (status >= 200 && status < 300) return;
  const message = `${new URL(address).host} did not take it: it answered ${status}`;
  throw new MaestroError("transient", message, { retryable: true });
}

async function get(url: URL, dispatcher: Agent) {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const { statusCode, headers, body } = await send(url.href, { dispatcher, signal });
    const { location } = headers;
    const text = await body.text();
    return { status: statusCode, text, location: typeof location === "string" ? location : null };
  } catch (error) {
    if (error instanceof MaestroError) throw error;
    const message = `${url.host} does not answer: ${messageOf(error)}`;
    throw new MaestroError("transient", message, { cause: error, retryable: true });
  }
}
