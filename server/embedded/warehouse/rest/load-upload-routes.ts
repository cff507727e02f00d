import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readMultipart } from "../../object-store/multipart.ts";
import { readMetadata } from "../../object-store/receive-upload.ts";
import type { ResumableUploads } from "../../object-store/resumable-uploads.ts";
import { StorageError } from "../../object-store/storage-error.ts";
import { sendIncomplete } from "../../object-store/upload-routes.ts";
import { loadUploadsBucket, type WarehouseContext } from "../context.ts";
import { WarehouseError } from "../contract.ts";
import { jobResource } from "../job-resource.ts";
import type { JobRunner } from "../job-runner.ts";
import { acceptJob, type JobRequest, newJob } from "./insert-job.ts";

type Request = FastifyRequest<{
  Params: { projectId: string };
  Querystring: { uploadType?: string; upload_id?: string };
}>;

/** `/upload/bigquery/v2`: load jobs that bring their file with them. */
export function loadUploadRoutes(
  app: FastifyInstance,
  context: WarehouseContext,
  services: { runner: JobRunner; uploads: ResumableUploads; baseUrl: () => string },
): void {
  const { runner, uploads, baseUrl } = services;
  const path = "/upload/bigquery/v2/projects/:projectId/jobs";

  const accept = async (projectId: string, request: JobRequest, file: string) => {
    const load = request.configuration?.["load"] as Record<string, unknown> | undefined;
    if (!load) throw new WarehouseError("invalid", "Only load jobs can be uploaded.");
    const job = newJob(context, projectId, request);
    const object = await putFile(context, `${projectId}/${job.jobId}`, file);
    const sourceUris = [`gs://${loadUploadsBucket}/${object}`];
    const record = await acceptJob(context, runner, {
      ...job,
      configuration: { ...job.configuration, load: { ...load, sourceUris } },
    });
    void record.done
      .then(() => context.objects.remove(loadUploadsBucket, object))
      .catch(() => null);
    return jobResource(record.document, record.state, baseUrl());
  };

  const receive = async (request: Request, reply: FastifyReply) => {
    const range = request.headers["content-range"];
    const progress = await uploads.receive(request.query.upload_id ?? "", range, request.raw);
    if (progress.state === "answered") return reply.send(progress.answer);
    if (progress.state === "incomplete") return sendIncomplete(reply, progress.received);
    const { job } = progress.purpose as unknown as { job: JobRequest };
    const answer = await accept(request.params.projectId, job, progress.path);
    await progress.finish(answer);
    return reply.send(answer);
  };

  app.post(path, async (request: Request, reply) => {
    if (request.query.upload_id) return receive(request, reply);
    if (request.query.uploadType === "resumable") {
      const job = (await readMetadata(request.raw)) as JobRequest;
      const id = await uploads.begin({ kind: "load", job });
      const location = `${baseUrl()}/upload/bigquery/v2/projects/${request.params.projectId}/jobs?uploadType=resumable&upload_id=${id}`;
      return reply.header("location", location).send();
    }
    const parts = await readMultipart(request.raw, request.headers["content-type"] ?? "");
    const draft = context.objects.draftPath();
    try {
      await pipeline(parts.content, createWriteStream(draft));
      return await reply.send(
        await accept(request.params.projectId, parts.metadata as JobRequest, draft),
      );
    } finally {
      await rm(draft, { force: true });
    }
  });
  app.put(path, receive);
}

async function putFile(context: WarehouseContext, name: string, file: string): Promise<string> {
  const { objects } = context;
  await objects
    .createBucket({
      name: loadUploadsBucket,
      projectId: "",
      location: context.location,
      createdAt: new Date().toISOString(),
      properties: {},
    })
    .catch((error: unknown) => {
      if (!(error instanceof StorageError && error.status === 409)) throw error;
    });
  await objects.put({ bucket: loadUploadsBucket, name, properties: {} }, file);
  return name;
}
