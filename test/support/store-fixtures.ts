/** The rows that the shipped contract of stores uses, for all other tests of stores. */
export * from '../../src/testing/store-fixtures.ts'
