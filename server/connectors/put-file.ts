import { MaestroError, messageOf } from "../../shared/errors.ts";

/** Uploads to a signed URL, as any client of the API would. Throws `storage`. */
export async function putFile(url: string, content: string, contentType: string): Promise<void> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: "PUT",
      body: content,
      headers: { "content-type": contentType },
    });
  } catch (error) {
    throw new MaestroError("storage", `the upload failed: ${messageOf(error)}`, {
      cause: error,
      retryable: true,
    });
  }
  if (answer.ok) return;
  throw new MaestroError(
    "storage",
    `the upload was refused: ${answer.status} ${await answer.text()}`,
    {
      retryable: answer.status >= 500,
    },
  );
}
