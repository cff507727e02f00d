import type { HttpProxy } from "../../support/http-proxy.ts";
import type { PostgresProxy } from "../../support/postgres-proxy.ts";
import type { Passing, TcpProxy } from "../../support/tcp-proxy.ts";

/*
 * Where a transfer is struck, told from outside: by what it says to the database that it reads or
 * writes, to the cloud, and to Maestro's own PostgreSQL.
 */

interface AtDatabase {
  /** What a statement has in it. */
  sends: string;
  /** before: it has not arrived. answered, written: so many bytes have passed since, and are held. */
  phase: "before" | "answered" | "written";
  bytes?: number;
}
interface AtCloud {
  /** Method and path. */
  request: RegExp;
  phase: "before" | "body" | "after";
  bytes?: number;
}
/** As a transaction with such a statement is committed: before it is, or after it and unanswered. */
interface AtCommit {
  commit: string;
  phase: "before" | "after";
}
export type Site = AtDatabase | AtCloud | AtCommit;

export interface Proxies {
  database: TcpProxy;
  cloud: HttpProxy;
  maestro: PostgresProxy;
}

/** What happens there: it is done before anything goes on. */
export type Strike = () => Promise<"cut" | undefined>;

/** Has `strike` done when the site is reached for the first time; resolves when it has. */
export function strikeAt(proxies: Proxies, site: Site, strike: Strike): Promise<void> {
  const done = Promise.withResolvers<void>();
  let isReached = false;
  const reach = async () => {
    if (isReached) return undefined;
    isReached = true;
    try {
      const verdict = await strike();
      done.resolve();
      return verdict;
    } catch (error) {
      done.reject(error);
      return undefined;
    }
  };
  if ("sends" in site) watchDatabase(proxies.database, site, reach);
  else if ("request" in site) {
    proxies.cloud.onRequest = ({ method, path, phase, bytes }) => {
      const isSite = phase === site.phase && site.request.test(`${method} ${path}`);
      return isSite && bytes >= (site.bytes ?? 0) ? reach() : undefined;
    };
  } else {
    proxies.maestro.onCommit = ({ statements, phase }) => {
      const isSite = phase === site.phase && statements.some((each) => each.includes(site.commit));
      return isSite ? reach() : undefined;
    };
  }
  return done.promise;
}

function watchDatabase(proxy: TcpProxy, site: AtDatabase, reach: Strike): void {
  const passedSince = new WeakMap<object, number>();
  const isSent = ({ from, bytes }: Passing) => from === "client" && bytes.includes(site.sends);
  const counted = site.phase === "written" ? "client" : "server";
  proxy.onBytes = (passing) => {
    const { from, bytes, connection } = passing;
    if (site.phase === "before") return isSent(passing) ? reach() : undefined;
    const passed = passedSince.get(connection);
    if (passed === undefined) {
      if (isSent(passing)) passedSince.set(connection, 0);
      return undefined;
    }
    if (from !== counted) return undefined;
    passedSince.set(connection, passed + bytes.length);
    return passed + bytes.length >= (site.bytes ?? 0) ? reach() : undefined;
  };
}
