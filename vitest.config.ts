import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more workers only make the timing-sensitive tests slower.
    maxWorkers: 2,
    passWithNoTests: false,
    // Hundreds of processes load the same sources: compiled once, they start in half the time.
    env: { NODE_COMPILE_CACHE: `${import.meta.dirname}/node_modules/.cache/compiled-tests` },
  },
})
