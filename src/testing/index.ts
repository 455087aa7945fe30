/** `sojourn/testing`: what tests of an application, of a service or of a store of one's own need; portable. */
export { createMemoryStore } from '../stores/memory/index.ts'
export { createTestClock, type TestClock } from './clock.ts'
export type { TestRunner } from './contract-suite.ts'
export { createFaultyStore, type Fault, type FaultPlan, type FaultyStore } from './faulty-store.ts'
export { storeContract } from './store-contract.ts'
export { BAD_TOKENS, type BadToken, createTestIssuer, type TestIssuer, type TestIssuerOptions } from './test-issuer.ts'
