/** Four servers on one Redis. */
import { describeWithRedis, startRedis } from '../support/servers.ts'
import { fleetSuite } from './fleet-suite.ts'

describeWithRedis('on Redis', () => {
  fleetSuite({
    start: () => startRedis({ appendonly: 'yes', appendfsync: 'always' }),
    storeUrl: (url) => `${url}?prefix=fleet-test`,
  })
})
