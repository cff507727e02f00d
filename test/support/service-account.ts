import { generateKeyPairSync } from "node:crypto";

/** The file of a service account's key, as Google makes them, with a new key in it. */
export function makeServiceAccount(name = "maestro", projectId = "our-project"): string {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return JSON.stringify(
    {
      type: "service_account",
      project_id: projectId,
      private_key_id: `id-of-${name}`,
      private_key: privateKey,
      client_email: `${name}@${projectId}.iam.gserviceaccount.com`,
      client_id: "100",
      token_uri: "http://127.0.0.1:9/token",
    },
    null,
    2,
  );
}
