/** A browser as far as sign-ins need one: it keeps cookies, and follows no redirect by itself. */
export interface Visitor {
  cookies: Map<string, string>;
  get(url: string): Promise<Response>;
  post(url: string, body: unknown): Promise<Response>;
  /** Follows redirects from here on while `goOn` says so; answers the address where it stopped. */
  follow(url: string, goOn: (url: URL) => boolean): Promise<string>;
}

export function createVisitor(): Visitor {
  const cookies = new Map<string, string>();
  const send = async (url: string, init: RequestInit = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...init.headers, ...(cookie === "" ? {} : { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) keep(cookies, line);
    return response;
  };
  return {
    cookies,
    get: (url) => send(url),
    post: (url, body) =>
      send(url, {
        method: "POST",
        headers: { "content-type": "application/json", origin: new URL(url).origin },
        body: JSON.stringify(body),
      }),
    async follow(url, goOn) {
      let at = new URL(url);
      for (let hops = 0; goOn(at); hops += 1) {
        if (hops > 20) throw new Error(`redirected without end, last to ${at.href}`);
        const response = await send(at.href);
        const next = response.headers.get("location");
        if (next === null) {
          throw new Error(`${at.href} answered ${response.status}: ${await response.text()}`);
        }
        at = new URL(next, at);
      }
      return at.href;
    },
  };
}

function keep(cookies: Map<string, string>, line: string): void {
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  const isGone = value === "" || /max-age=0|expires=thu, 01 jan 1970/i.test(line);
  if (isGone) cookies.delete(name);
  else cookies.set(name, value);
}

/** Begins a sign-in at a server; answers the provider's address. */
export async function beginSignIn(visitor: Visitor, serverUrl: string): Promise<string> {
  const { csrfToken } = (await (await visitor.get(`${serverUrl}/api/auth/csrf`)).json()) as {
    csrfToken: string;
  };
  const answer = await visitor.post(`${serverUrl}/api/auth/signin/google`, {
    csrfToken,
    callbackUrl: "/tables",
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(text);
  return (JSON.parse(text) as { url: string }).url;
}

/** On through the provider as this person; answers the address that it leads back to, not yet opened. */
export async function passProvider(
  visitor: Visitor,
  providerUrl: string,
  email: string,
): Promise<string> {
  const url = new URL(providerUrl);
  url.searchParams.set("login_hint", email);
  return visitor.follow(url.href, (at) => at.origin === url.origin);
}

/** A whole sign-in; answers where it ended. */
export async function signIn(visitor: Visitor, serverUrl: string, email: string): Promise<string> {
  const back = await passProvider(visitor, await beginSignIn(visitor, serverUrl), email);
  const response = await visitor.get(back);
  return response.headers.get("location") ?? `${response.status} ${await response.text()}`;
}
