import { createHmac, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";
import type { Deps } from "../../services/deps.ts";
import { readGitRemote } from "../../services/git/git-remote.ts";
import { askPull } from "../../services/git/sync.ts";
import { readSettings } from "../../services/settings/read-settings.ts";

const mostBytes = 4 * 2 ** 20;

/**
 * Where a repository tells of its pushes, signed in GitHub's form: `X-Hub-Signature-256` is the HMAC of
 * the body. What is told is no more than that there is something to fetch: nothing of the body is saved.
 */
export function serveGitWebhook(server: FastifyInstance, deps: Deps): void {
  void server.register(async (scope) => {
    // The signature is of the bytes as they were sent.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: mostBytes }, (_, body, done) =>
      done(null, body),
    );
    scope.post("/git/webhook", { config: { policy: "public" } }, async (request) => {
      await assertSigned(deps, request);
      const isOurs = await isPushToBranch(deps, request);
      if (isOurs) await askPull(deps);
      return { taken: isOurs };
    });
  });
}

async function assertSigned(deps: Deps, request: FastifyRequest): Promise<void> {
  const { "git.webhookSecret": secret } = await readSettings(deps, ["git.webhookSecret"]);
  if (secret === null) {
    throw new MaestroError(
      "forbidden",
      "git.webhookSecret is not set: set it, and give it to the repository",
    );
  }
  const digest = createHmac("sha256", secret).update(bodyOf(request)).digest("hex");
  const expected = Buffer.from(`sha256=${digest}`);
  // Of bytes, as two texts of one length may be of different ones.
  const given = Buffer.from(String(request.headers["x-hub-signature-256"] ?? ""));
  const isSame = given.length === expected.length && timingSafeEqual(given, expected);
  if (isSame) return;
  const message =
    "the signature is not that of git.webhookSecret: give the repository the same secret";
  throw new MaestroError("unauthenticated", message);
}

/** Other events, such as GitHub's first ping, are well and need nothing. */
async function isPushToBranch(deps: Deps, request: FastifyRequest): Promise<boolean> {
  if (request.headers["x-github-event"] !== "push") return false;
  const remote = await readGitRemote(deps);
  if (!remote) return false;
  try {
    const { ref, deleted } = JSON.parse(bodyOf(request).toString("utf8")) as Record<
      string,
      unknown
    >;
    // A branch that was deleted has nothing to fetch.
    return deleted !== true && ref === `refs/heads/${remote.branch}`;
  } catch {
    throw new MaestroError(
      "invalidInput",
      "the body is no JSON: choose application/json in the webhook",
    );
  }
}

function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}
