import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { MaestroError } from "../../../shared/errors.ts";
import { claimInputSchema, loginInputSchema } from "../../../shared/login.ts";
import { askLogin, claimLogin } from "../../services/access/log-in.ts";
import type { Deps } from "../../services/deps.ts";

/** For those who have nothing to show yet; what they get is nothing until somebody approves it. */
const open = { config: { policy: "public" } } as const;

/** Both steps of `maestro login` that come before its token. */
export function serveLogin(server: FastifyInstance, deps: Deps): void {
  server.post("/auth/login", open, (request) =>
    askLogin(deps, { ...read(loginInputSchema, request.body), address: normalizeIP(request.ip) }),
  );
  server.post("/auth/login/claim", open, (request) =>
    claimLogin(deps, read(claimInputSchema, request.body).secret),
  );
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const input = schema.safeParse(body);
  if (input.success) return input.data;
  const [issue] = input.error.issues;
  const field = String(issue?.path[0] ?? "");
  throw new MaestroError("invalidInput", `${field}: ${issue?.message}`, { field });
}
