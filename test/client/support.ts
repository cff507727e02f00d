import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { HttpServerOptions } from "../../server/api/http-server.ts";
import { issueSignInToken } from "../../server/services/access/issue-sign-in-token.ts";
import type { Deps } from "../../server/services/deps.ts";
import { createTestDeps, startTestServer, type TestDeps, type TestServer } from "../api/support.ts";

export const webRoot = join(import.meta.dirname, "../../dist/web");

/** How long a condition is waited for on a machine that does other things too. */
export const patience = { timeout: 30_000 };

export function openBrowser(): Promise<Browser> {
  if (!existsSync(join(webRoot, "index.html"))) {
    throw new Error("the web app is not built: run npm run build:web, or npm test, which does");
  }
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
  });
}

/** The real HTTP server with the built web app, and a browser. */
export interface Web {
  server: TestServer;
  browser: Browser;
  /** Errors that any page threw or logged; a test that expects some empties it. */
  pageErrors: string[];
  /** A page in a session of its own, signed in. */
  signedIn(): Promise<Page>;
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

export type WebFixture = TestDeps & Web;

/** Over a database of its own. */
export async function openWebFixture(
  options: Partial<HttpServerOptions> = {},
): Promise<WebFixture> {
  const context = await createTestDeps();
  const web = await openWeb(context.deps, options);
  const close = async () => {
    await web.close();
    await context.close();
  };
  return { ...context, ...web, close };
}

/** Over whatever a test has. */
export async function openWeb(deps: Deps, options: Partial<HttpServerOptions> = {}): Promise<Web> {
  const server = await startTestServer(deps, { webRoot, ...options });
  const browser = await openBrowser();
  const contexts: BrowserContext[] = [];
  const pageErrors: string[] = [];
  const web: Web = {
    server,
    browser,
    pageErrors,
    async newPage() {
      const own = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      contexts.push(own);
      const page = await own.newPage();
      page.setDefaultTimeout(patience.timeout);
      watchErrors(page, pageErrors);
      return page;
    },
    async signedIn() {
      const page = await web.newPage();
      await page.goto(`${server.url}/auth/token?token=${await issueSignInToken(deps)}`);
      await page.getByRole("navigation", { name: "Main" }).waitFor();
      return page;
    },
    async close() {
      await Promise.all(contexts.map((each) => each.close()));
      await browser.close();
      await server.close();
    },
  };
  return web;
}

/** Collects what went wrong inside a page, except answers that the app itself shows. */
export function watchErrors(page: Page, into: string[]): void {
  page.on("pageerror", (error) => into.push(error.message));
  page.on("console", (message) => {
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isAnswer) into.push(message.text());
  });
}
