/** The memory store keeps the contract. */
import { describe, it } from 'vitest'
import { createMemoryStore, storeContract } from '../../src/testing/index.ts'

storeContract({ describe, it }, 'memory', createMemoryStore)
