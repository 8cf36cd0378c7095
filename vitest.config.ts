import { defineConfig } from "vitest/config";

/** Each starts a Ray cluster, which takes what this machine has: one after the other, when the others are done. */
const withRay = ["test/ray/**/*.test.ts", "test/deploy/ray-one-liners.test.ts"];
const all = ["src/**/*.test.ts", "test/**/*.test.ts", "bench/harness/*.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    allowOnly: false,
    projects: [
      { extends: true, test: { name: "tests", include: all, exclude: withRay } },
      { extends: true, test: { name: "ray", include: withRay, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
