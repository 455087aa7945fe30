/** Four servers on one Postgres. */
import { describeWithPostgres, startPostgres } from '../support/servers.ts'
import { fleetSuite } from './fleet-suite.ts'

describeWithPostgres('on Postgres', () => {
  fleetSuite({
    start: () => startPostgres({ durable: true }),
    storeUrl: (url) => `${url}?schema=fleet_test`,
  })
})
