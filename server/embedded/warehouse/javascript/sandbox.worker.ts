import { type MessagePort, workerData } from "node:worker_threads";
import variant from "@jitl/quickjs-wasmfile-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";
import type { SandboxAnswer, SandboxRequest } from "./sandbox.ts";
import { prelude } from "./udf-prelude.ts";

/*
 * Computes JavaScript functions of users in QuickJS, which is compiled to WebAssembly: no host object
 * is handed in, so their code reaches no file, no network and no other function's values. Memory and
 * stack have limits. QuickJS counts each block as a few bytes, whatever it holds, so the limit is that
 * of the memory which WebAssembly gives to all functions of this thread. An endless loop is ended from
 * outside, with this thread.
 */

const pageBytes = 65_536;
/** The module begins with as much. */
const initialBytes = 16 * 2 ** 20;
const memoryBytes = 96 * 2 ** 20;
const stackBytes = 512 * 1024;
const keptFunctions = 6;

const { port, signal } = workerData as { port: MessagePort; signal: Int32Array };
// Its types are those of its other form, for CommonJS.
const base = variant as unknown as QuickJSSyncVariant;
/** The types of Node know the name, and no value of it. */
const { WebAssembly: wasm } = globalThis as unknown as {
  WebAssembly: {
    Memory: new (size: {
      initial: number;
      maximum: number;
    }) => NonNullable<Awaited<Parameters<typeof newVariant>[1]["wasmMemory"]>>;
  };
};
const wasmMemory = new wasm.Memory({
  initial: initialBytes / pageBytes,
  maximum: memoryBytes / pageBytes,
});
const engine = newQuickJSWASMModuleFromVariant(newVariant(base, { wasmMemory }));

interface Prepared {
  context: QuickJSContext;
  compute: QuickJSHandle;
  dispose(): void;
}

const functions = new Map<string, Prepared>();

function prepare(module: QuickJSWASMModule, spec: string): Prepared {
  const runtime = module.newRuntime();
  runtime.setMaxStackSize(stackBytes);
  const context = runtime.newContext();
  const factory = context.unwrapResult(context.evalCode(prelude));
  const text = context.newString(spec);
  const made = context.callFunction(factory, context.undefined, text);
  text.dispose();
  factory.dispose();
  const compute = context.unwrapResult(made);
  return {
    context,
    compute,
    dispose() {
      compute.dispose();
      context.dispose();
      runtime.dispose();
    },
  };
}

function preparedFor(module: QuickJSWASMModule, spec: string): Prepared {
  const known = functions.get(spec);
  if (known) return known;
  const [oldest] = functions.keys();
  if (oldest !== undefined && functions.size >= keptFunctions) forget(oldest);
  const prepared = prepare(module, spec);
  functions.set(spec, prepared);
  return prepared;
}

/** After an error too: what it has left in memory is the next one's otherwise. */
function forget(spec: string): void {
  const prepared = functions.get(spec);
  functions.delete(spec);
  try {
    prepared?.dispose();
  } catch {
    // QuickJS asserts that nothing is left; the memory goes with this thread.
  }
}

function compute(module: QuickJSWASMModule, { spec, rows }: SandboxRequest): SandboxAnswer {
  try {
    const { context, compute: call } = preparedFor(module, spec);
    const text = context.newString(rows);
    const result = context.callFunction(call, context.undefined, text);
    text.dispose();
    const handle = context.unwrapResult(result);
    const answer = context.getString(handle);
    handle.dispose();
    return { answer };
  } catch (error) {
    forget(spec);
    const { name, message } = error as Error;
    return { error: /^not supported by/.test(message) ? message : `${name}: ${message}` };
  }
}

port.on("message", (request: SandboxRequest) => {
  void engine.then((module) => {
    port.postMessage(compute(module, request));
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  });
});

void engine.then(() => {
  Atomics.store(signal, 1, 1);
  Atomics.notify(signal, 1);
});
