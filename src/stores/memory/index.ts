/** `sojourn/stores/memory`: everything in this process's memory; portable; gone when the process ends. */
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts'
