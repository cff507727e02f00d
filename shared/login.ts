import { z } from "zod";
import { keptText } from "./text.ts";

/** What a command line says of itself when it asks to be let in. */
export const loginInputSchema = z.object({
  machine: keptText().trim().min(1, "say which machine asks").max(100),
});

/** What it compares with its user, and what it asks for its token with. */
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

/** What somebody approves. */
export interface LoginView {
  code: string;
  machine: string;
  approved: boolean;
}
