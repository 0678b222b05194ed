import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{machinery,kinds,edge-api,controllers,scheduler,node-daemon,cli,test}/**/*.test.ts"],
    // Real containers and kernel state: vitest.e2e.config.ts.
    exclude: ["**/node_modules/**", "test/e2e/**", "**/*.real.test.ts"],
    // For what hangs. Tests take milliseconds, those that start a workerd or simulate a second; a machine that is busy
    // elsewhere may take ten times as long.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Files share a worker and its modules, which halves the time: no test may depend on a module's state.
    isolate: false,
  },
});
