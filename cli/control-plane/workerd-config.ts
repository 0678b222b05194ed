/** The configuration of the one workerd process that is a self-hosted control plane. */

export interface WorkerdConfig {
  /** "127.0.0.1:6443"; several listen on several addresses. */
  listen: string[];
  /** Paths are relative to the configuration file or absolute. */
  workerFile: string;
  storageDir: string;
  serverKeyFile: string;
  serverCertificateFile: string;
  compatibilityDate: string;
  compatibilityFlags: string[];
  /** Durable Object classes of the Worker, with the binding each is reached by. */
  objects: { className: string; binding: string }[];
  /** Worker bindings that workerd takes from its environment: never on the command line, never in the file. */
  environment: string[];
  /**
   * The identity providers of the cluster's users: may be in private networks, which nothing else that the Worker asks
   * for may. `authorities`: PEMs of whoever signs their certificates, besides those that browsers trust or instead.
   */
  identityProvider?: { binding: string; authorities: readonly string[]; trustsBrowsers: boolean } | undefined;
}

/**
 * A young generation of 4 MB a half instead of 16. Texts of requests and rows hang on small objects of the young
 * generation: the larger it is, the more of them wait outside V8's heap to be freed. Measured with 13,000 ConfigMaps
 * made at 64 connections: 365 MB with V8's default, 208 with 8, 199 with 4, 190 with 2, at the same CPU time a request.
 */
const V8_FLAGS = ["--max-semi-space-size=4"];

const text = (value: string): string => JSON.stringify(value);

/** Cap'n Proto text; workerd.capnp documents every field. */
export function workerdConfig(config: WorkerdConfig): string {
  const bindings = [
    `    (name = "KEDGE_ONE_PROCESS", text = "true"),`,
    ...config.environment.map((name) => `    (name = ${text(name)}, fromEnvironment = ${text(name)}),`),
    ...config.objects.map((o) => `    (name = ${text(o.binding)}, durableObjectNamespace = ${text(o.className)}),`),
  ];
  const services: string[] = [];
  if (config.identityProvider) {
    const { binding, authorities, trustsBrowsers } = config.identityProvider;
    bindings.push(`    (name = ${text(binding)}, service = "identityProvider"),`);
    const trust = `trustBrowserCas = ${trustsBrowsers}, trustedCertificates = [${authorities.map(text).join(", ")}]`;
    const network = `allow = ["public", "private"], tlsOptions = (${trust})`;
    services.push(`    (name = "identityProvider", network = (${network})),\n`);
  }
  const namespaces = config.objects.map(
    (o) => `    (className = ${text(o.className)}, uniqueKey = ${text(`kedge-${o.className}`)}, enableSql = true),`,
  );
  const sockets = config.listen.map(
    (address, index) =>
      `    (name = "https${index}", address = ${text(address)}, service = "kedge", https = (options = (), tlsOptions = .tls)),`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "kedge", worker = .worker),
    (name = "storage", disk = (path = ${text(config.storageDir)}, writable = true)),
${services.join("")}  ],
  sockets = [
${sockets.join("\n")}
  ],
  v8Flags = [${V8_FLAGS.map(text).join(", ")}],
);

const tls :Workerd.TlsOptions = (
  keypair = (
    privateKey = embed ${text(config.serverKeyFile)},
    certificateChain = embed ${text(config.serverCertificateFile)},
  ),
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ${text(config.workerFile)})],
  compatibilityDate = ${text(config.compatibilityDate)},
  compatibilityFlags = [${config.compatibilityFlags.map(text).join(", ")}],
  bindings = [
${bindings.join("\n")}
  ],
  durableObjectNamespaces = [
${namespaces.join("\n")}
  ],
  durableObjectStorage = (localDisk = "storage"),
);
`;
}
