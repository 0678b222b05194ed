/** Probes and lifecycle hooks. */
import { type FieldError, fieldForbidden, invalid, required } from "../../../machinery/meta/field-error.ts";
import { httpHeaderName } from "../../../machinery/meta/names.ts";
import {
  addMessages,
  checkNonNegative,
  checkOneOf,
  checkPortNumber,
  checkPortNumberOrName,
  checkPresent,
} from "../../common/checks.ts";
import type { Container, HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from "../v1-types.ts";

const LINUX_SIGNALS: readonly string[] = [
  ..."ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT".split(" "),
  "RTMAX",
  ...Array.from({ length: 14 }, (_, i) => `RTMAX-${i + 1}`),
  "RTMIN",
  ...Array.from({ length: 15 }, (_, i) => `RTMIN+${i + 1}`),
  ..."SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ".split(" "),
]
  .map((name) => `SIG${name}`)
  .sort();
const SIGNALS: { readonly [osName: string]: readonly string[] } = {
  linux: LINUX_SIGNALS,
  windows: ["SIGKILL", "SIGTERM"],
};
const SIGNALS_NEED_OS = "may not be set for containers with empty `spec.os.name`";

type Handler = LifecycleHandler & Pick<Probe, "grpc">;
const HANDLERS = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const;

function checkHttpGet(errors: FieldError[], action: HTTPGetAction, path: string): void {
  checkPresent(errors, action.path, `${path}.path`);
  checkPortNumberOrName(errors, action.port, `${path}.port`);
  checkOneOf(errors, action.scheme, `${path}.scheme`, ["HTTP", "HTTPS"]);
  for (const { name = "" } of action.httpHeaders ?? []) {
    addMessages(errors, `${path}.httpHeaders`, name, httpHeaderName(name));
  }
}

function checkHandler(errors: FieldError[], handler: Handler, path: string, graceSeconds: number | undefined): void {
  let found = false;
  for (const kind of HANDLERS) {
    if (!handler[kind]) continue;
    const at = `${path}.${kind}`;
    if (found) {
      errors.push(fieldForbidden(at, "may not specify more than 1 handler type"));
      continue;
    }
    found = true;
    if (handler.exec) {
      if (!handler.exec.command?.length) errors.push(required(`${at}.command`));
    } else if (handler.httpGet) checkHttpGet(errors, handler.httpGet, at);
    else if (handler.tcpSocket) checkPortNumberOrName(errors, handler.tcpSocket.port, `${at}.port`);
    else if (handler.grpc) checkPortNumber(errors, handler.grpc.port, `${at}.port`);
    else if (handler.sleep && graceSeconds !== undefined) {
      const { seconds } = handler.sleep;
      if (seconds < 0 || seconds > graceSeconds) {
        const detail = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
        errors.push(invalid(at, seconds, detail));
      }
    }
  }
  if (!found) errors.push(required(path, "must specify a handler type"));
}

function checkProbe(errors: FieldError[], probe: Probe, path: string, graceSeconds: number | undefined): void {
  checkHandler(errors, probe, path, graceSeconds);
  checkNonNegative(errors, probe.initialDelaySeconds, `${path}.initialDelaySeconds`);
  checkNonNegative(errors, probe.timeoutSeconds, `${path}.timeoutSeconds`);
  checkNonNegative(errors, probe.periodSeconds, `${path}.periodSeconds`);
  checkNonNegative(errors, probe.successThreshold, `${path}.successThreshold`);
  checkNonNegative(errors, probe.failureThreshold, `${path}.failureThreshold`);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, "must be greater than 0"));
  }
}

function checkSucceedsAtOnce(errors: FieldError[], probe: Probe, path: string): void {
  if (probe.successThreshold !== 1) {
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, "must be 1"));
  }
}

/** Probes and hooks of a main container or sidecar. */
export function checkProbesAndHooks(
  errors: FieldError[],
  container: Container,
  path: string,
  { graceSeconds, osName }: { graceSeconds: number | undefined; osName: string | undefined },
): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  if (lifecycle) checkLifecycle(errors, lifecycle, `${path}.lifecycle`, { graceSeconds, osName });
  if (livenessProbe) {
    checkProbe(errors, livenessProbe, `${path}.livenessProbe`, graceSeconds);
    checkSucceedsAtOnce(errors, livenessProbe, `${path}.livenessProbe`);
  }
  if (readinessProbe) {
    checkProbe(errors, readinessProbe, `${path}.readinessProbe`, graceSeconds);
    const grace = readinessProbe.terminationGracePeriodSeconds;
    if (grace !== undefined) {
      const at = `${path}.readinessProbe.terminationGracePeriodSeconds`;
      errors.push(invalid(at, grace, "must not be set for readinessProbes"));
    }
  }
  if (startupProbe) {
    checkProbe(errors, startupProbe, `${path}.startupProbe`, graceSeconds);
    checkSucceedsAtOnce(errors, startupProbe, `${path}.startupProbe`);
  }
}

export function checkLifecycle(
  errors: FieldError[],
  lifecycle: Lifecycle,
  path: string,
  { graceSeconds, osName }: { graceSeconds: number | undefined; osName: string | undefined },
): void {
  if (lifecycle.postStart) checkHandler(errors, lifecycle.postStart, `${path}.postStart`, graceSeconds);
  if (lifecycle.preStop) checkHandler(errors, lifecycle.preStop, `${path}.preStop`, graceSeconds);
  const signal = lifecycle.stopSignal;
  if (signal === undefined) return;
  if (osName === undefined) errors.push(fieldForbidden(`${path}.stopSignal`, SIGNALS_NEED_OS));
  else if (Object.hasOwn(SIGNALS, osName)) checkOneOf(errors, signal, `${path}.stopSignal`, SIGNALS[osName]!);
}

/** What init containers that run to completion may not have. */
export function forbidProbesAndHooks(errors: FieldError[], container: Container, path: string): void {
  for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const) {
    if (container[field]) {
      const detail = "may not be set for init containers without restartPolicy=Always";
      errors.push(fieldForbidden(`${path}.${field}`, detail));
    }
  }
}
