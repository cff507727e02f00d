import {
  type FastifyRequestHandlerOptions,
  fastifyRequestHandler,
} from "@trpc/server/adapters/fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { maxBatchedCalls } from "../../shared/batch.ts";
import { MaestroError } from "../../shared/errors.ts";
import type { Deps } from "../services/deps.ts";
import type { AnsweredAddresses } from "../support/public-url.ts";
import { describeError, knownError, toTrpcError } from "./error-formatter.ts";
import { expiryHeader } from "./http/expiry-header.ts";
import { principalOf } from "./http/session-request.ts";
import { type AppRouter, appRouter } from "./router.ts";
import type { ServerFacts } from "./trpc.ts";

/** Every procedure of the router, at `/trpc`. */
export async function serveProcedures(
  server: FastifyInstance,
  deps: Deps,
  options: {
    facts: ServerFacts;
    secureCookies: boolean;
    demoSourceUrl?: string | null;
    localAdminSignsIn: boolean;
    answered: AnsweredAddresses;
    maxBodyBytes: number;
    /** Aborted when the server stops. */
    closing: AbortSignal;
  },
): Promise<void> {
  const {
    facts,
    secureCookies,
    demoSourceUrl = null,
    localAdminSignsIn,
    answered,
    closing,
  } = options;
  const handling = {
    router: appRouter,
    maxBodySize: options.maxBodyBytes,
    // A dry run's input is a whole definition: too long for a URL, it comes as POST.
    allowMethodOverride: true,
    createContext: async ({ req, info }) => {
      refuseLargeBatch(info.calls.length);
      return {
        deps,
        facts,
        demoSourceUrl,
        localAdminSignsIn,
        answered,
        principal: await principalOf(deps, req, secureCookies).catch(refuseContext),
        principalNow: () => principalOf(deps, req, secureCookies),
        requestId: req.id,
        closing,
      };
    },
    responseMeta: ({ ctx }) => ({ headers: ctx ? expiryHeader(ctx.principal, deps.now()) : {} }),
    onError({ error, path, ctx }) {
      const { internal } = describeError(error, "");
      if (!internal) return;
      deps.log.error({ err: error.cause ?? error, path, requestId: ctx?.requestId }, "api failed");
    },
  } satisfies Omit<Handling, "req" | "res" | "path">;
  await server.register(async (scope) => {
    // tRPC reads the bodies itself.
    scope.removeContentTypeParser("application/json");
    scope.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) =>
      done(null, body),
    );
    scope.all<{ Params: { path: string } }>("/trpc/:path", async (req, reply) => {
      const { path } = req.params;
      await fastifyRequestHandler({ ...handling, req, res: wholeAnswers(reply), path });
      return reply;
    });
  });
}

type Handling = FastifyRequestHandlerOptions<AppRouter, FastifyRequest, FastifyReply>;

/**
 * Answers that are whole go out whole: as the streams that tRPC's adapter makes of them, a list of 100
 * rows costs as much again as it did. Subscriptions stay streams.
 */
function wholeAnswers(reply: FastifyReply): FastifyReply {
  const send = async (answer: Response) => {
    if (!answer.headers.get("content-type")?.startsWith("application/json")) {
      return reply.send(answer);
    }
    void reply.code(answer.status).headers(Object.fromEntries(answer.headers));
    return reply.send(await answer.text());
  };
  return Object.assign(Object.create(reply), { send }) as FastifyReply;
}

function refuseLargeBatch(calls: number): void {
  if (calls <= maxBatchedCalls) return;
  const message = `a request may carry ${maxBatchedCalls} calls, and this one carries ${calls}: send them in several`;
  throw toTrpcError(new MaestroError("invalidInput", message));
}

/** Before a procedure runs nothing else translates what is thrown. */
function refuseContext(error: unknown): never {
  const known = knownError(error);
  throw known ? toTrpcError(known) : error;
}
