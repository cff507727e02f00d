import { Navigate } from "@solidjs/router";

export function SignedInAlready() {
  return <Navigate href="/" />;
}
