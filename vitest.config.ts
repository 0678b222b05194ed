import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{machinery,kinds,edge-api,controllers,scheduler,node-daemon,cli,test}/**/*.test.ts"],
    // Real containers and kernel state: vitest.e2e.config.ts.
    exclude: ["**/node_modules/**", "test/e2e/**", "**/*.real.test.ts"],
    testTimeout: 10_000,
    maxWorkers: 2,
  },
});
