/**
 * The API server as pods see it: https at the service IP of default/kubernetes on every node, each request passed on
 * to the edge with the pod's own credentials. The node's are never used for it.
 */

import { createServer, Agent as HttpsAgent, type Server } from "node:https";
import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { type Clock, systemClock } from "../../machinery/clock.ts";
import type { Log, NodeConfig } from "../contracts.ts";
import { type Run, run as runCommand } from "../network/run.ts";
import { addServiceAddress, ServiceAddressKeeper } from "../network/service-address.ts";
import { API_TABLE } from "../network/tables.ts";
import {
  endpointNames,
  type KeyPair,
  loadKeyPair,
  renewalMs,
  requestKeyPair,
  type Sign,
  saveKeyPair,
} from "./certificate.ts";
import { edgeAgent, edgeSigner } from "./edge.ts";
import { badRequest, forwardRequest, refuse, tooManyRequests } from "./forward-request.ts";
import { forwardUpgrade, isWebSocket } from "./forward-upgrade.ts";
import { MAX_REQUESTS, MAX_REQUESTS_PER_CLIENT, RequestLimiter } from "./limits.ts";

export interface ApiEndpointOptions {
  config: Pick<
    NodeConfig,
    | "nodeName"
    | "serverUrl"
    | "serverCa"
    | "tokenFile"
    | "stateDir"
    | "apiServiceIp"
    | "clusterCidr"
    | "clusterDomain"
    | "nodeIp"
  >;
  log: Log;
  clock?: Clock;
  run?: Run;
  /** Default: signed by the edge. */
  sign?: Sign;
}

export interface ApiEndpoint {
  /**
   * Takes the address and listens. Resolves when that is done, or when the first try to get a certificate has failed;
   * it is then tried again until it succeeds. May be called again after it rejected.
   */
  start(): Promise<void>;
  /** Stops listening and ends what is under way; address and rules stay. */
  stop(): Promise<void>;
}

const SERVICE_PORT = 443;
const ENDPOINT_PORT = 6443;
const RETRY_MS = 5000;
/** setTimeout cannot wait longer than 24.8 days. */
const MAX_WAIT_MS = 24 * 3600 * 1000;
const MAX_HEADER_BYTES = 64 * 1024;

export const createApiEndpoint = (options: ApiEndpointOptions): ApiEndpoint => new Endpoint(options);

class Endpoint implements ApiEndpoint {
  readonly #config: ApiEndpointOptions["config"];
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #run: Run;
  readonly #dispatcher: Dispatcher;
  readonly #upgradeAgent: HttpsAgent;
  readonly #sign: Sign;
  readonly #keeper: ServiceAddressKeeper;
  readonly #connections = new RequestLimiter({ max: MAX_REQUESTS * 2, maxPerClient: MAX_REQUESTS_PER_CLIENT * 2 });
  readonly #limiter = new RequestLimiter({ max: MAX_REQUESTS, maxPerClient: MAX_REQUESTS_PER_CLIENT });
  #server: Server | undefined;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  constructor({ config, log, clock, run, sign }: ApiEndpointOptions) {
    this.#config = config;
    this.#log = log;
    this.#clock = clock ?? systemClock;
    this.#run = run ?? runCommand;
    this.#keeper = new ServiceAddressKeeper({ run: this.#run, clock: this.#clock, log });
    this.#dispatcher = edgeAgent(config);
    this.#upgradeAgent = new HttpsAgent(config.serverCa === undefined ? {} : { ca: config.serverCa });
    this.#sign = sign ?? edgeSigner(config, this.#dispatcher);
  }

  async start(): Promise<void> {
    await addServiceAddress(this.#run, this.#config.apiServiceIp);
    const kept = await loadKeyPair(this.#config.stateDir, this.#clock.now());
    if (kept) await this.#use(kept);
    else await this.#obtain();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#keeper.stop();
    const server = this.#server;
    if (server) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    }
    this.#upgradeAgent.destroy();
    await this.#dispatcher.destroy();
  }

  /** Gets a new certificate and uses it; tries again later when that fails. Never rejects. */
  async #renew(): Promise<void> {
    try {
      await this.#obtain();
    } catch (error) {
      this.#log.error("the API endpoint for pods", { error: (error as Error).message });
      this.#wait(RETRY_MS, () => this.#renew());
    }
  }

  /** @throws Error when there is a certificate but it cannot be listened; a certificate refused is asked for again */
  async #obtain(): Promise<void> {
    const { nodeName, clusterDomain, apiServiceIp, stateDir } = this.#config;
    let pair: KeyPair;
    try {
      const dnsNames = endpointNames(clusterDomain);
      pair = await requestKeyPair({ nodeName, dnsNames, ips: [apiServiceIp], sign: this.#sign });
    } catch (error) {
      this.#log.warn("no new certificate for the API endpoint of pods", { error: (error as Error).message });
      this.#wait(RETRY_MS, () => this.#renew());
      return;
    }
    await saveKeyPair(stateDir, pair);
    await this.#use(pair);
  }

  async #use(pair: KeyPair): Promise<void> {
    if (this.#stopped) return;
    const secrets = { key: pair.key, cert: pair.certificate };
    if (this.#server) this.#server.setSecureContext(secrets);
    else await this.#listen(secrets);
    this.#renewAt(renewalMs(pair));
  }

  #renewAt(atMs: number): void {
    const leftMs = atMs - this.#clock.now();
    if (leftMs <= MAX_WAIT_MS) this.#wait(Math.max(leftMs, RETRY_MS), () => this.#renew());
    else this.#wait(MAX_WAIT_MS, () => this.#renewAt(atMs));
  }

  #wait(delayMs: number, next: () => unknown): void {
    this.#cancelTimer?.();
    if (!this.#stopped) this.#cancelTimer = this.#clock.after(delayMs, next);
  }

  async #listen(secrets: { key: string; cert: string }): Promise<void> {
    const { apiServiceIp, clusterCidr } = this.#config;
    const server = this.#makeServer(secrets);
    const port = await listenSomewhere(server, apiServiceIp, this.#log);
    await this.#keeper
      .hold({
        table: API_TABLE,
        ip: apiServiceIp,
        clusterCidr,
        ports: [SERVICE_PORT, ENDPOINT_PORT].map((p) => ({ protocol: "tcp" as const, port: p, listensOn: port })),
      })
      .catch((error) => {
        server.close();
        throw error;
      });
    this.#server = server;
    this.#log.info("the API endpoint for pods is listening", { ip: apiServiceIp, port });
  }

  #makeServer(secrets: { key: string; cert: string }): Server {
    const edge = { url: this.#config.serverUrl, dispatcher: this.#dispatcher };
    const server = createServer(
      {
        ...secrets,
        minVersion: "TLSv1.2",
        maxHeaderSize: MAX_HEADER_BYTES,
        keepAliveTimeout: 60_000,
        // SPDY goes on as an ordinary request, and the edge says what it thinks of it.
        shouldUpgradeCallback: isWebSocket,
      },
      (request, response) => {
        const leave = this.#limiter.enter(request.socket.remoteAddress ?? "");
        if (!leave) {
          refuse(response, tooManyRequests());
          return;
        }
        if (!request.url?.startsWith("/")) {
          refuse(response, badRequest("the request target must be a path"));
          leave();
          return;
        }
        forwardRequest(request, response, edge, this.#log).finally(leave);
      },
    );
    server.on("upgrade", (request, socket, head) => {
      const leave = request.url?.startsWith("/") ? this.#limiter.enter(request.socket.remoteAddress ?? "") : undefined;
      if (!leave) {
        socket.end("HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\nconnection: close\r\n\r\n");
        return;
      }
      const target = { url: edge.url, agent: this.#upgradeAgent, log: this.#log };
      forwardUpgrade(request, socket, head, target)
        .catch((error: Error) => {
          this.#log.debug("an upgrade could not be passed on", { error: error.message });
          socket.destroy();
        })
        .finally(leave);
    });
    server.on("tlsClientError", (error) => this.#log.debug("TLS with a pod failed", { error: error.message }));
    server.on("error", (error) => this.#log.error("the API endpoint for pods", { error: error.message }));
    server.on("connection", (socket: Socket) => {
      const leave = this.#connections.enter(socket.remoteAddress ?? "");
      if (leave) socket.once("close", leave);
      else socket.destroy();
    });
    return server;
  }
}

/** Port 6443; another where some server of the node holds 6443 on all addresses. The rules lead there. */
async function listenSomewhere(server: Server, ip: string, log: Log): Promise<number> {
  const listen = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: ip, port }, () => {
        server.off("error", reject);
        resolve((server.address() as { port: number }).port);
      });
    });
  try {
    return await listen(ENDPOINT_PORT);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    log.info("port 6443 is taken on all addresses of this node; the API endpoint for pods uses another behind it");
    return listen(0);
  }
}
