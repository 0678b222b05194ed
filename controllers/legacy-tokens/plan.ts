import type { Secret } from "../../kinds/core/v1-types.ts";
import { type Action, NOTHING, type Plan } from "../runner/controller.ts";
import { deleteOp, patchOp } from "../runner/ops.ts";
import { SECRETS } from "../view/resources.ts";
import { createdMs } from "../workload/pods.ts";

export const LAST_USED = "kubernetes.io/legacy-token-last-used";
export const INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";
const DAY_MS = 24 * 3_600_000;
/** --legacy-service-account-token-clean-up-period: unused for so long it becomes invalid, and as long after that it goes. */
export const CLEAN_UP_MS = 365 * DAY_MS;

/** Midnight of a day such as "2026-01-31", epoch ms; undefined for anything else. */
function dayMs(text: string | undefined): number | undefined {
  if (!text || !/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, text.length) !== text ? undefined : ms;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, "2026-01-31".length);

/** From when on a day lies further back than the period: the whole day counts. */
const pastMs = (day: number): number => day + DAY_MS + CLEAN_UP_MS;

export interface SeenToken {
  secret: Secret;
  /** Whether its service account lists it: only those were made by Kubernetes itself. */
  isListed: boolean;
  /** The day since when uses are noted. */
  trackedSince: string | undefined;
  /** A pod uses the Secret. */
  isMounted(): boolean;
  nowMs: number;
}

/**
 * Invalidates a token that was made for a service account and that nobody has used for a year, and deletes it after
 * another one.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#legacy-serviceaccount-token-cleaner
 */
export function planLegacyToken({ secret, isListed, trackedSince, isMounted, nowMs }: SeenToken): Plan {
  const { labels = {}, deletionTimestamp, uid = "", resourceVersion = "" } = secret.metadata;
  const tracked = dayMs(trackedSince);
  const lastUsed = dayMs(labels[LAST_USED]);
  // A day that cannot be read says nothing: then it stays.
  const isUnreadable = labels[LAST_USED] !== undefined && lastUsed === undefined;
  if (deletionTimestamp || !isListed || tracked === undefined || isUnreadable) return NOTHING;
  const unusedMs = Math.max(
    pastMs(tracked),
    createdMs(secret) + CLEAN_UP_MS + 1_000,
    lastUsed === undefined ? 0 : pastMs(lastUsed),
  );
  if (nowMs < unusedMs) return later(unusedMs);
  if (isMounted()) return later(nowMs + DAY_MS);
  const invalid = dayMs(labels[INVALID_SINCE]);
  if (invalid === undefined) {
    const op = patchOp(
      SECRETS,
      secret,
      { metadata: { labels: { [INVALID_SINCE]: dayOf(nowMs) } } },
      { version: "any" },
    );
    return { actions: [{ op }] };
  }
  if (nowMs < pastMs(invalid)) return later(pastMs(invalid));
  // With the version seen: it may have been used, or made valid again, just now.
  const op = deleteOp(SECRETS, secret, { preconditions: { uid, resourceVersion } });
  const gone: Action = { op, isFine: ({ reason }) => reason === "Conflict" };
  return { actions: [gone] };
}

const later = (againAtMs: number): Plan => ({ actions: [], againAtMs });
