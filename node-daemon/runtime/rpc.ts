/** gRPC over a unix socket, by descriptors made from tables. */
import { connect as connectSocket } from "node:net";
import { type DescMethodStreaming, type DescMethodUnary, fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { buildProtoFile } from "./descriptors.ts";
import { eventMessages, eventServices } from "./generated/containerd-events.ts";
import { criEnums, criMessages, criServices } from "./generated/cri-v1.ts";
import { RuntimeError, type RuntimeErrorCode } from "./runtime.ts";

const criFile = buildProtoFile({
  package: "runtime.v1",
  messages: criMessages,
  enums: criEnums,
  services: criServices,
});
const eventsFile = buildProtoFile({
  package: "containerd.services.events.v1",
  messages: eventMessages,
  services: eventServices,
});

const CODES: { readonly [code: number]: RuntimeErrorCode } = {
  [Code.NotFound]: "NotFound",
  [Code.AlreadyExists]: "AlreadyExists",
  [Code.DeadlineExceeded]: "DeadlineExceeded",
  [Code.Unavailable]: "Unavailable",
  [Code.Unimplemented]: "Unimplemented",
  [Code.Canceled]: "Canceled",
};

export function toRuntimeError(error: unknown): RuntimeError {
  const connectError = ConnectError.from(error);
  return new RuntimeError(CODES[connectError.code] ?? "Unknown", connectError.rawMessage);
}

export interface Envelope {
  namespace: string;
  topic: string;
  event?: { typeUrl: string; value: Uint8Array };
}

export interface RuntimeRpc {
  /** @throws RuntimeError */
  call<T>(service: "RuntimeService" | "ImageService", method: string, input: object, timeoutMs: number): Promise<T>;
  /** containerd's events that match one of `filters`, until `signal` aborts or the connection ends. */
  events(filters: string[], signal: AbortSignal): AsyncIterable<Envelope>;
  close(): void;
}

/** The fields of a TaskExit or TaskOOM event. */
export const decodeTaskEvent = (type: "TaskExit" | "TaskOOM", bytes: Uint8Array): { containerId: string; id: string } =>
  fromBinary(eventsFile.message(type), bytes) as unknown as { containerId: string; id: string };

/** Connects when first used, and again after the runtime restarted. */
export function connectRuntime(socketPath: string): RuntimeRpc {
  const baseUrl = "http://localhost";
  const sessionManager = new Http2SessionManager(baseUrl, undefined, {
    createConnection: () => connectSocket(socketPath),
  });
  const transport: Transport = createGrpcTransport({ baseUrl, sessionManager, acceptCompression: [] });

  const methods = new Map<string, DescMethodUnary>();
  for (const name of ["RuntimeService", "ImageService"]) {
    for (const method of criFile.service(`runtime.v1.${name}`).methods) {
      methods.set(`${name}/${method.name}`, method as DescMethodUnary);
    }
  }
  const subscribe = eventsFile.service("containerd.services.events.v1.Events").methods[0] as DescMethodStreaming;

  return {
    async call<T>(service: string, method: string, input: object, timeoutMs: number): Promise<T> {
      const descriptor = methods.get(`${service}/${method}`);
      if (!descriptor) throw new Error(`no method ${service}/${method} in the CRI table`);
      try {
        const { message } = await transport.unary(descriptor, undefined, timeoutMs, undefined, input as never);
        return message as unknown as T;
      } catch (error) {
        throw toRuntimeError(error);
      }
    },
    async *events(filters, signal) {
      const request = (async function* () {
        yield { filters } as never;
      })();
      try {
        const { message } = await transport.stream(subscribe, signal, undefined, undefined, request);
        yield* message as unknown as AsyncIterable<Envelope>;
      } catch (error) {
        throw toRuntimeError(error);
      }
    },
    close: () => sessionManager.abort(),
  };
}
