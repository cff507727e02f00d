import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface ShownMessage {
  channel: string;
  ts: string;
  threadTs: string | null;
  text: string;
  /** The texts of all blocks, each on a line. */
  shown: string;
}

interface Block {
  type: string;
  text?: { type: string; text: string };
  elements?: { type: string; text: string }[];
}

/**
 * As much of Slack's Web API as messages need: it knows one token and the channels it was given, holds
 * messages to Slack's limits, and has faults when asked for them.
 */
export async function startSlackServer(options: { token: string; channels: string[] }) {
  const messages: ShownMessage[] = [];
  /** What is answered to the next calls instead, one each. */
  const faults: { status: number; body?: unknown; retryAfterSeconds?: number }[] = [];
  let calls = 0;

  const server = createServer((request, response) => {
    void (async () => {
      calls += 1;
      const form = await readForm(request);
      const fault = faults.shift();
      const retry = fault?.retryAfterSeconds;
      response.writeHead(fault?.status ?? 200, {
        "content-type": "application/json",
        ...(retry === undefined ? {} : { "retry-after": String(retry) }),
      });
      const answer = fault ? (fault.body ?? {}) : call(request, form);
      response.end(JSON.stringify(answer));
    })();
  });

  function call(request: IncomingMessage, form: Map<string, string>) {
    const token = request.headers.authorization?.replace("Bearer ", "");
    if (token !== options.token) return refused("invalid_auth");
    const given = form.get("channel") ?? "";
    const channel = given.replace(/^C-/, "");
    if (!options.channels.includes(channel)) return refused("channel_not_found");
    const blocks = JSON.parse(form.get("blocks") ?? "[]") as Block[];
    const text = form.get("text") ?? "";
    const fault = faultOf(blocks, text);
    if (fault) return refused(fault);
    const content = { text, shown: blocks.flatMap(textsOf).join("\n") };
    if (request.url?.endsWith("/chat.postMessage")) {
      return post({ channel, threadTs: form.get("thread_ts") ?? null, ...content });
    }
    // Here Slack takes ids alone.
    return given === channel ? refused("channel_not_found") : update(form.get("ts"), content);
  }

  function post(message: Omit<ShownMessage, "ts">) {
    const ts = `${messages.length + 1}.000`;
    messages.push({ ...message, ts });
    return { ok: true, channel: `C-${message.channel}`, ts };
  }

  function update(wanted: string | undefined, content: Pick<ShownMessage, "text" | "shown">) {
    const message = messages.find(({ ts }) => ts === wanted);
    if (!message) return refused("message_not_found");
    Object.assign(message, content);
    return { ok: true, channel: `C-${message.channel}`, ts: message.ts };
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/`,
    messages,
    faults,
    calls: () => calls,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function refused(error: string) {
  return { ok: false, error };
}

async function readForm(request: IncomingMessage): Promise<Map<string, string>> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return new Map(new URLSearchParams(body));
}

function textsOf(block: Block): string[] {
  return [
    ...(block.text ? [block.text.text] : []),
    ...(block.elements ?? []).map(({ text }) => text),
  ];
}

/** Slack's rules for blocks, as far as ours can break them. */
function faultOf(blocks: Block[], text: string): string | null {
  if (text === "" || blocks.length === 0 || blocks.length > 50) return "invalid_blocks";
  const texts = blocks.flatMap(textsOf);
  if (texts.some((each) => each === "" || each.length > 3_000)) return "invalid_blocks";
  if (texts.join("").length > 12_000) return "msg_blocks_too_long";
  // Angle brackets may stand around our links alone.
  const bare = texts.join("\n").replaceAll(/<https?:[^<>|]+\|[^<>|]+>/g, "");
  return /[<>]/.test(bare) ? "unescaped" : null;
}
