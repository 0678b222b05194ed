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
}

const text = (value: string): string => JSON.stringify(value);

/** Cap'n Proto text; workerd.capnp documents every field. */
export function workerdConfig(config: WorkerdConfig): string {
  const bindings = [
    ...config.environment.map((name) => `    (name = ${text(name)}, fromEnvironment = ${text(name)}),`),
    ...config.objects.map((o) => `    (name = ${text(o.binding)}, durableObjectNamespace = ${text(o.className)}),`),
  ];
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
  ],
  sockets = [
${sockets.join("\n")}
  ],
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
