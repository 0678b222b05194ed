import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{machinery,kinds,edge-api,controllers,scheduler,node-daemon,cli,test}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/e2e/**"],
    testTimeout: 10_000,
    maxWorkers: 2,
  },
});
