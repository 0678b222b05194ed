import { defineConfig } from "vitest/config";

// Real processes, containers and kernel state: one file at a time, in order of name.
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts", "{node-daemon,test}/**/*.real.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    fileParallelism: false,
    sequence: { concurrent: false },
    // Kubelets, kernels and networks race: what fails twice has failed. What needed a second attempt is told.
    retry: 1,
    // Of the tests that a file itself says may run beside each other: most of them wait for containers.
    maxConcurrency: 16,
    // Tests are named after what conformance calls them, and that is not cut short.
    taskTitleValueFormatTruncate: 0,
  },
});
