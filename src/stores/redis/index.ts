/** `sojourn/stores/redis`: Redis 7 or Valkey, alone or with replicas, shared by the processes of a fleet. */
export { createRedisStore, type RedisStore, type RedisStoreOptions } from './redis-store.ts'
