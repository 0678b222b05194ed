import { describe, expect, it } from "vitest";
import type { AllocationResult } from "../../kinds/generated/api/resource-v1.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { DRIVER, makeDevice, makeResourceClaim, makeSlice } from "../testing/device-builders.ts";
import { Devices } from "./devices.ts";

const NAMES = Array.from({ length: 6 }, (_, i) => `d${i}`);
const allocation = (device: string): AllocationResult => ({
  devices: { results: [{ request: "r", driver: DRIVER, pool: "n", device }] },
});

describe("Devices", () => {
  const seed = Number(process.env.KEDGE_SEED ?? 1);
  it(`[DE1] what is taken is as if it had been added up anew, whatever came before (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const pick = (count: number): number => Math.floor(random() * count);
    const devices = new Devices();
    devices.setSlice("s", makeSlice({ name: "s", nodeName: "n", devices: NAMES.map((name) => makeDevice(name)) }));
    /** By claim: what the API says, and what is assumed. */
    const claims = new Map<string, { told?: string | undefined; assumed?: string | undefined }>();
    let taken = 0;
    for (let step = 0; step < 2_000; step++) {
      const name = `c${pick(5)}`;
      const device = NAMES[pick(NAMES.length)]!;
      const known = claims.get(name);
      const value = { uid: `uid-of-${name}`, allocation: allocation(known?.assumed ?? device) };
      switch (pick(5)) {
        case 0:
          devices.setClaim(name, makeResourceClaim({ name }));
          claims.set(name, { assumed: known?.assumed });
          break;
        case 1:
          devices.setClaim(name, makeResourceClaim({ name, allocation: allocation(device) }));
          claims.set(name, { told: device });
          break;
        case 2:
          devices.setClaim(name, undefined);
          claims.delete(name);
          break;
        case 3:
          if (!known || known.told) break;
          devices.assume(name, value);
          claims.set(name, { assumed: known.assumed ?? device });
          break;
        default:
          if (!known?.assumed) break;
          devices.forget(name, value);
          claims.set(name, { told: known.told });
      }
      const held = new Set([...claims.values()].flatMap(({ told, assumed }) => assumed ?? told ?? []));
      taken += held.size;
      const seen = NAMES.filter((id) => devices.taken.has(`${DRIVER}/n/${id}`));
      expect(seen, `step ${step}`).toEqual(NAMES.filter((id) => held.has(id)));
    }
    expect(taken).toBeGreaterThan(1_000);
  });
});
