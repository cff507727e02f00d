import { createHash, randomUUID } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { NamedLocks } from "../locks.ts";
import {
  checkPreconditions,
  checkSums,
  type ExpectedSums,
  type Preconditions,
} from "./conditions.ts";
import { renameDurably, sumFile, writeDurably } from "./durable-files.ts";
import {
  type BucketDocument,
  checkBucketName,
  checkObjectName,
  type ObjectDocument,
  type ObjectProperties,
} from "./object-document.ts";
import { StorageError } from "./storage-error.ts";

/**
 * Objects in a folder: `<bucket>/<two>/<hash>.json` says what an object is, `<hash>.<generation>`
 * beside it has its bytes, where the hash is that of the name: no name can point out of the folder.
 *
 * An object is put by making its file complete and durable first, then its document in one rename:
 * that is the instant at which it is visible. The file of the generation before goes afterwards;
 * who reads it has it open. What a crash leaves without a document is removed at the next opening.
 */
export class ObjectFiles {
  readonly directory: string;
  readonly #buckets = new Map<string, BucketDocument>();
  readonly #objects = new Map<string, Map<string, ObjectDocument>>();
  readonly #locks = new NamedLocks();
  #lastGeneration = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(directory: string): Promise<ObjectFiles> {
    const store = new ObjectFiles(directory);
    await mkdir(join(directory, "drafts"), { recursive: true });
    await rm(join(directory, "drafts"), { recursive: true, force: true });
    await mkdir(join(directory, "drafts"), { recursive: true });
    for (const entry of await readdir(directory)) {
      if (entry.startsWith("b_")) await store.#readBucket(entry.slice(2));
    }
    return store;
  }

  bucket(name: string): BucketDocument {
    const bucket = this.#buckets.get(name);
    if (bucket) return bucket;
    throw new StorageError(404, "notFound", `The specified bucket does not exist: ${name}`);
  }

  buckets(projectId: string): BucketDocument[] {
    const all = [...this.#buckets.values()].filter((b) => b.projectId === projectId);
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async createBucket(bucket: BucketDocument): Promise<void> {
    checkBucketName(bucket.name);
    if (this.#buckets.has(bucket.name)) {
      throw new StorageError(
        409,
        "conflict",
        `Your previous request to create the named bucket succeeded and you already own it: ${bucket.name}`,
      );
    }
    this.#buckets.set(bucket.name, bucket);
    this.#objects.set(bucket.name, new Map());
    await mkdir(this.#bucketPath(bucket.name), { recursive: true });
    await writeDurably(join(this.#bucketPath(bucket.name), "bucket.json"), JSON.stringify(bucket));
  }

  async updateBucket(
    name: string,
    change: (before: Record<string, unknown>) => Record<string, unknown>,
    conditions: Preconditions,
  ): Promise<BucketDocument> {
    return this.#alone(name, "", async () => {
      const before = this.bucket(name);
      const { metageneration = "1" } = before;
      checkPreconditions({ generation: "0", metageneration }, conditions);
      const bucket = {
        ...before,
        metageneration: String(Number(metageneration) + 1),
        updatedAt: new Date().toISOString(),
        properties: change(before.properties),
      };
      await writeDurably(join(this.#bucketPath(name), "bucket.json"), JSON.stringify(bucket));
      this.#buckets.set(name, bucket);
      return bucket;
    });
  }

  async removeBucket(name: string): Promise<void> {
    this.bucket(name);
    if ((this.#objects.get(name)?.size ?? 0) > 0) {
      throw new StorageError(409, "conflict", "The bucket you tried to delete is not empty.");
    }
    this.#buckets.delete(name);
    this.#objects.delete(name);
    await rm(this.#bucketPath(name), { recursive: true, force: true });
  }

  /** A path for a file that becomes an object with `put`. */
  draftPath(): string {
    return join(this.directory, "drafts", randomUUID());
  }

  find(bucket: string, name: string): ObjectDocument | undefined {
    this.bucket(bucket);
    return this.#objects.get(bucket)?.get(name);
  }

  require(bucket: string, name: string): ObjectDocument {
    const object = this.find(bucket, name);
    if (object) return object;
    throw new StorageError(404, "notFound", `No such object: ${bucket}/${name}`);
  }

  /** All objects of a bucket that may not be there yet. */
  listIfAny(bucket: string): ObjectDocument[] {
    return [...(this.#objects.get(bucket)?.values() ?? [])];
  }

  /** In the order of the names' UTF-8 bytes. */
  list(bucket: string, prefix: string): ObjectDocument[] {
    this.bucket(bucket);
    const all = [...(this.#objects.get(bucket)?.values() ?? [])];
    return all
      .filter((object) => object.name.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }

  pathOf(object: ObjectDocument): string {
    return join(this.#bucketPath(object.bucket), object.file.slice(0, 2), object.file);
  }

  /** Makes the finished file the object's next generation. The file is moved. */
  async put(
    target: { bucket: string; name: string; properties: ObjectProperties },
    path: string,
    conditions: Preconditions = {},
    expected: ExpectedSums = {},
  ): Promise<ObjectDocument> {
    const { bucket, name, properties } = target;
    checkObjectName(name);
    checkPreconditions(this.find(bucket, name), conditions);
    const sums = await sumFile(path);
    checkSums(sums, expected);
    return this.#alone(bucket, name, async () => {
      const before = this.find(bucket, name);
      checkPreconditions(before, conditions);
      const hash = hashOf(name);
      const generation = this.#nextGeneration();
      const now = new Date().toISOString();
      const object: ObjectDocument = {
        bucket,
        name,
        generation,
        metageneration: "1",
        ...sums,
        createdAt: now,
        updatedAt: now,
        properties,
        file: `${hash}.${generation}`,
      };
      await mkdir(join(this.#bucketPath(bucket), hash.slice(0, 2)), { recursive: true });
      await renameDurably(path, this.pathOf(object));
      await this.#publish(object);
      if (before) await rm(this.pathOf(before), { force: true });
      return object;
    });
  }

  async update(
    { bucket, name }: { bucket: string; name: string },
    change: (before: ObjectProperties) => ObjectProperties,
    conditions: Preconditions = {},
  ): Promise<ObjectDocument> {
    return this.#alone(bucket, name, async () => {
      const current = this.require(bucket, name);
      checkPreconditions(current, conditions);
      const changed = {
        ...current,
        metageneration: String(Number(current.metageneration) + 1),
        updatedAt: new Date().toISOString(),
        properties: change(current.properties),
      };
      await this.#publish(changed);
      return changed;
    });
  }

  async copy(
    source: ObjectDocument,
    target: { bucket: string; name: string; properties: ObjectProperties },
    conditions: Preconditions,
  ): Promise<ObjectDocument> {
    const draft = this.draftPath();
    await copyFile(this.pathOf(source), draft);
    return this.put(target, draft, conditions);
  }

  async remove(bucket: string, name: string, conditions: Preconditions = {}): Promise<void> {
    await this.#alone(bucket, name, async () => {
      const object = this.require(bucket, name);
      checkPreconditions(object, conditions);
      await rm(this.#documentPath(object), { force: true });
      this.#objects.get(bucket)?.delete(name);
      await rm(this.pathOf(object), { force: true });
    });
  }

  /** Writers of one object take turns. */
  async #alone<T>(bucket: string, name: string, body: () => Promise<T>): Promise<T> {
    const release = await this.#locks.take([`${bucket}/${name}`]);
    try {
      return await body();
    } finally {
      release();
    }
  }

  /** On disk first: what was once seen is there after a crash. */
  async #publish(object: ObjectDocument): Promise<void> {
    await writeDurably(this.#documentPath(object), JSON.stringify(object));
    this.#objects.get(object.bucket)?.set(object.name, object);
  }

  #bucketPath(bucket: string): string {
    return join(this.directory, `b_${bucket}`);
  }

  #documentPath(object: ObjectDocument): string {
    const hash = hashOf(object.name);
    return join(this.#bucketPath(object.bucket), hash.slice(0, 2), `${hash}.json`);
  }

  #nextGeneration(): string {
    this.#lastGeneration = Math.max(Date.now() * 1000, this.#lastGeneration + 1);
    return String(this.#lastGeneration);
  }

  async #readBucket(name: string): Promise<void> {
    const path = this.#bucketPath(name);
    const text = await readFile(join(path, "bucket.json"), "utf8").catch(() => null);
    // Created, but killed before it was said: the request was not answered.
    if (text === null) return;
    this.#buckets.set(name, JSON.parse(text) as BucketDocument);
    const objects = new Map<string, ObjectDocument>();
    this.#objects.set(name, objects);
    for (const two of await readdir(path)) {
      if (two.length === 2) await this.#readFolder(join(path, two), objects);
    }
  }

  async #readFolder(path: string, objects: Map<string, ObjectDocument>): Promise<void> {
    const files = await readdir(path);
    const named = new Set<string>();
    for (const file of files.filter((entry) => entry.endsWith(".json"))) {
      const object = JSON.parse(await readFile(join(path, file), "utf8")) as ObjectDocument;
      objects.set(object.name, object);
      named.add(file).add(object.file);
      this.#lastGeneration = Math.max(this.#lastGeneration, Number(object.generation));
    }
    for (const file of files) if (!named.has(file)) await rm(join(path, file), { force: true });
  }
}

function hashOf(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}
