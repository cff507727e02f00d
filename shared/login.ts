import { z } from "zod";
import { keptText } from "./text.ts";
import { type TokenScope, tokenScopes } from "./user.ts";

/** What a command line says of itself when it asks to be let in: a name, and no message. */
export const loginInputSchema = z.object({
  machine: keptText()
    .trim()
    .min(1, "say which machine asks")
    .max(63, "a machine's name has at most 63 characters")
    .regex(
      /^[\p{L}\p{N}._-]+$/u,
      "a machine's name has letters, digits, dots, dashes and underscores",
    ),
});

/** What it shows its user, and what it asks for its token with. */
export interface AskedLogin {
  code: string;
  secret: string;
  expiresInSeconds: number;
}

export const claimInputSchema = z.object({ secret: z.string().min(1).max(200) });

/** Two times four letters and digits, none of which is taken for another. */
export const loginCodeSchema = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/, "a code has two times four letters and digits: ABCD-2345");

export const loginApprovalSchema = z.object({
  code: loginCodeSchema,
  scope: z.enum(tokenScopes).default("write" satisfies TokenScope),
});
export type LoginApproval = z.infer<typeof loginApprovalSchema>;

/** What somebody approves or refuses. */
export interface LoginView {
  code: string;
  /** As it calls itself. */
  machine: string;
  /** Whence it asked, and when, as the server saw it. */
  address: string;
  askedAt: string;
  approved: boolean;
}
