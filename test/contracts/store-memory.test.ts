import { MemoryStore } from "../../edge-api/store/memory-store.ts";
import { storeContract } from "./store-contract.ts";

storeContract("MemoryStore", () => {
  let nowMs = 0;
  return {
    store: new MemoryStore({ now: () => nowMs }),
    setNow: (ms) => {
      nowMs = ms;
    },
  };
});
