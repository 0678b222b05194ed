/**
 * An application of three parts, as the one of that name is: a store that takes entries and hands them to its replicas,
 * replicas that are read from, and a frontend that people talk to. Each is a web server with scripts.
 */
import { WEB_IMAGE } from "../images/busybox.ts";

const HEAD = `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'`;
const CURL = "curl -sf --max-time 2";

/** Starts a web server on `port` with these scripts; `before` runs beside it. */
function server(port: number, scripts: { [name: string]: string }, before = ""): string[] {
  const files = Object.entries(scripts).map(
    ([name, text]) => `cat > /www/cgi-bin/${name} <<'END'\n${HEAD}\n${text}\nEND\nchmod +x /www/cgi-bin/${name}`,
  );
  return [
    "sh",
    "-c",
    `mkdir -p /data; touch /data/value /data/replicas\n${files.join("\n")}\n${before}\nexec httpd -f -p ${port} -h /www`,
  ];
}

const primary = server(6379, {
  set: `printf %s "$QUERY_STRING" > /data/value
for replica in $(cat /data/replicas); do ${CURL} "http://$replica:6379/cgi-bin/keep?$QUERY_STRING" || exit 1; done
echo kept`,
  register: 'echo "$REMOTE_ADDR" >> /data/replicas; echo registered',
});

const replica = server(
  6379,
  { keep: 'printf %s "$QUERY_STRING" > /data/value', value: "cat /data/value" },
  `until ${CURL} http://agnhost-primary:6379/cgi-bin/register; do sleep 0.2; done`,
);

const frontend = server(80, {
  guestbook: `case "$QUERY_STRING" in
cmd=set*) [ "$(${CURL} "http://agnhost-primary:6379/cgi-bin/set?\${QUERY_STRING##*value=}")" = kept ] && echo '{"message":"Updated"}';;
*) value=$(${CURL} http://agnhost-replica:6379/cgi-bin/value) && echo "{\\"data\\":\\"$value\\"}";;
esac`,
});

const MARK = { guestbook: "yes" };

const deployment = (name: string, replicas: number, labels: { [key: string]: string }, command: string[]) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, labels: MARK },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "server", image: WEB_IMAGE, command }] },
    },
  },
});

const service = (name: string, port: number, selector: { [key: string]: string }) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, labels: MARK },
  spec: { ports: [{ port }], selector },
});

const PRIMARY = { app: "agnhost", role: "primary", tier: "backend" };
const REPLICA = { app: "agnhost", role: "replica", tier: "backend" };
const FRONTEND = { app: "guestbook", tier: "frontend" };

/** In the order in which they are created. */
export const guestbook: readonly object[] = [
  service("agnhost-replica", 6379, REPLICA),
  service("agnhost-primary", 6379, PRIMARY),
  service("frontend", 80, FRONTEND),
  deployment("frontend", 3, FRONTEND, frontend),
  deployment("agnhost-primary", 1, PRIMARY, primary),
  deployment("agnhost-replica", 2, REPLICA, replica),
];
