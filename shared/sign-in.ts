import { z } from "zod";

/** Why somebody was not signed in, with what they can do. The web app shows both. */
export const signInRefusals = {
  cancelled: {
    title: "You were not signed in",
    remedy:
      "The sign-in was cancelled at Google. Sign in again, and allow it to tell Maestro your name and e-mail address.",
  },
  wrongDomain: {
    title: "Your e-mail address may not sign in here",
    remedy:
      "It is not of a domain that an admin has allowed. Sign in again, and choose another account.",
  },
  unverified: {
    title: "Your e-mail address is not verified",
    remedy:
      "Google does not vouch that it is yours. Verify it in your Google account, then sign in again.",
  },
  otherPerson: {
    title: "Your e-mail address was somebody else's here",
    remedy:
      "Another account of Google's signed in with it before. An admin can give it to you: disable its user, and enable it again.",
  },
  interrupted: {
    title: "The sign-in did not come back as it began",
    remedy:
      "It took more than 15 minutes, was begun in another window, or was repeated. Sign in again from here.",
  },
  providerAway: {
    title: "Google does not answer",
    remedy:
      "Maestro cannot reach it just now. Wait a moment and sign in again; if it stays, an admin has to look at the network and at the issuer in the settings.",
  },
  clientRefused: {
    title: "Google refused Maestro's OAuth client",
    remedy:
      "An admin has to compare the client ID, the client secret and the redirect URI with those in Google Cloud.",
  },
  notSetUp: {
    title: "Signing in with Google is not set up",
    remedy: "An admin has to enter the OAuth client in the settings first.",
  },
  failed: {
    title: "The sign-in failed",
    remedy: "Sign in again; if it stays, Maestro's log has the reason.",
  },
} as const satisfies Record<string, { title: string; remedy: string }>;

export type SignInRefusal = keyof typeof signInRefusals;

/** How one can sign in here, for whoever is not signed in. */
export interface SignInState {
  /** Through Google. */
  google: boolean;
  /** By one-time links that the machine itself prints. */
  link: boolean;
  /** Nobody can sign in before somebody with the boot token enters the OAuth client. */
  needsSetup: boolean;
  /** What was entered may be corrected with the boot token, as no admin has signed in since. */
  canCorrect: boolean;
  /** Where sign-ins begin and end; null: wherever the web app was opened. */
  publicUrl: string | null;
  /** Somebody who has signed in and whom no admin has enabled. */
  waiting: { email: string } | null;
  /** Somebody who has signed in and whom an admin has shut out. */
  disabled: { email: string } | null;
}

/** The path that Google leads back to, after the web app's own address. */
export const redirectPath = "/api/auth/callback/google";

export const setupInputSchema = z.object({
  bootToken: z.string().trim().min(1, "copy it from Maestro's log").max(200),
  publicUrl: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  domains: z.string(),
});
export type SetupInput = z.infer<typeof setupInputSchema>;
