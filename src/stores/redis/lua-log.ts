/**
 * Lua of the log's slot. All of it lives under the hash tag `{<prefix>}`:
 *
 *   meta      hash    format, fleet, shards (the key that places rows), run, incarnation, settled, head, first, floor
 *   log       stream  `<offset>-0`: u (until), e (the event's JSON without it)
 *   members   hash    id -> `<renewals> <acked>`
 *   subjects  hash    subject (as JSON) -> `<generation> <dead below> <stale below>`
 *   tokens    hash    token id (as JSON) -> offset of the newest entry that denies it
 *   used      set     the shards that hold rows, or have held them
 *   ended     hash    in a Cluster only: session -> `<until> <what replaces it or -> <its generation> <its floor>`
 *   endings   zset    in a Cluster only: the same sessions, by until, when no copy of the row can be there any more
 *
 * Every script reads all that it needs before it writes anything, so that a key of a wrong type changes nothing.
 */

/** ARGV[1] is the run of the server, ARGV[2] the present second. `PREFIX` and `WHOLE` stand for what the store was opened with. */
export const LOG = `
local RUN, NOW = ARGV[1], tonumber(ARGV[2])
local call = redis.call
local function int(n) return string.format('%.0f', n) end
local function fail(word, place) error({ err = word .. ' ' .. place }) end
local META, LOG, MEMBERS = '{PREFIX}meta', '{PREFIX}log', '{PREFIX}members'
local SUBJECTS, TOKENS, ENDED = '{PREFIX}subjects', '{PREFIX}tokens', '{PREFIX}ended'
local USED, ENDINGS = '{PREFIX}used', '{PREFIX}endings'

-- The log belongs to the server that we talk to, as it has been since it was last started.
local function meta()
  local run, incarnation, head, floor, settled, first = unpack(
    call('HMGET', META, 'run', 'incarnation', 'head', 'floor', 'settled', 'first'))
  if run ~= RUN then fail('SOJOURNRUN', 'meta') end
  head, floor, first = tonumber(head), tonumber(floor), tonumber(first)
  if not (incarnation and head and floor and first) then fail('SOJOURNCORRUPT', 'meta') end
  return { incarnation = incarnation, head = head, floor = floor, first = first, settled = settled == incarnation }
end

-- A server that has followed another one and leads again has lost what the other one lacked; connections stay open through it.
local function unled()
  if string.match(call('INFO', 'replication'), 'master_replid:(%w+)') ~= string.match(RUN, '/(%w+)$') then
    fail('SOJOURNRUN', 'meta')
  end
end

local function numbers(subject)
  local text = call('HGET', SUBJECTS, subject)
  if not text then return 0, 0, 0 end
  local generation, dead, stale = string.match(text, '^(%d+) (%d+) (%d+)$')
  if not generation then fail('SOJOURNCORRUPT', 'subjects') end
  return tonumber(generation), tonumber(dead), tonumber(stale)
end

local function putNumbers(subject, generation, dead, stale)
  call('HSET', SUBJECTS, subject, int(generation) .. ' ' .. int(dead) .. ' ' .. int(stale))
end

-- While the log may lack an end, numbers that were given then are not given again: a token of a lost one would live by it.
local function rise(m) return m.settled and 1 or 65536 end

-- Redis looks at its memory before a script's first write only, and lets one pass that needs none: the end of a session, and what
-- keeps the fleet and the log going, must be possible when nothing else is.
local function evenIfFull() call('DEL', '{PREFIX}-') end

local function append(m, body, untilAt)
  evenIfFull()
  m.head = m.head + 1
  call('XADD', LOG, int(m.head) .. '-0', 'u', untilAt, 'e', body)
  call('HSET', META, 'head', int(m.head))
end

local function appended(m) return { m.incarnation, int(m.head), call('HGETALL', MEMBERS), m.settled and 1 or 0 } end

local function sessionEvent(id, subject, tail)
  return '{"kind":"session","sessionId":' .. id .. ',"subject":' .. subject .. tail .. '}'
end

local function subjectEvent(subject, generation, tail)
  return '{"kind":"subject","subject":' .. subject .. ',"generation":' .. int(generation) .. tail .. '}'
end

local function claimsEvent(subject, generation, patch)
  return '{"kind":"claims","subject":' .. subject .. ',"generation":' .. int(generation) .. ',"patch":' .. patch .. '}'
end

local function floorEvent(floor, keyIds) return '{"kind":"floor","floor":' .. int(floor) .. ',"keyIds":' .. keyIds .. '}' end

local function tokenEvent(id) return '{"kind":"token","tokenId":' .. id .. '}' end

local function deny(m, id, untilAt)
  append(m, tokenEvent(id), untilAt)
  call('HSET', TOKENS, id, int(m.head))
end

local function member(id)
  local text = call('HGET', MEMBERS, id)
  if not text then return nil end
  local renewals, acked = string.match(text, '^(%d+) (%d+)$')
  if not renewals then fail('SOJOURNCORRUPT', 'members') end
  return tonumber(renewals), tonumber(acked)
end
`

/** The engine's own steps. */
export const LOG_STEPS = {
  /** 3: a fresh incarnation, 4: fleet, 5: format, 6: a key for placing rows, 7: the incarnation that was found damaged, or ''. */
  adopt: `
local run, incarnation, format, fleet, shards, head, first =
  unpack(call('HMGET', META, 'run', 'incarnation', 'format', 'fleet', 'shards', 'head', 'first'))
if not format then
  if call('EXISTS', META, LOG, MEMBERS, SUBJECTS, TOKENS, ENDED) > 0 then fail('SOJOURNLOST', 'meta') end
  call('HSET', META, 'format', ARGV[5], 'fleet', ARGV[4], 'shards', ARGV[6], 'run', RUN, 'incarnation', ARGV[3],
    'head', '0', 'first', '1', 'floor', '0')
  return { ARGV[3], ARGV[5], ARGV[4], ARGV[6] }
end
if format ~= ARGV[5] then return { incarnation, format, fleet, shards } end
if run ~= RUN or incarnation == ARGV[7] then
  -- What is left of the log decides, not what was noted of it.
  local oldest, newest = call('XRANGE', LOG, '-', '+', 'COUNT', 1)[1], call('XREVRANGE', LOG, '+', '-', 'COUNT', 1)[1]
  local last = newest and tonumber(string.match(newest[1], '^%d+')) or 0
  head = math.max(tonumber(head) or 0, last)
  first = oldest and tonumber(string.match(oldest[1], '^%d+')) or head + 1
  incarnation = ARGV[3]
  call('HSET', META, 'run', RUN, 'incarnation', incarnation, 'head', int(head), 'first', int(first))
end
return { incarnation, format, fleet, shards }`,

  renew: `
unled()
local m = meta()
if m.first <= m.head and #call('XRANGE', LOG, int(m.first) .. '-0', int(m.first) .. '-0') == 0 then
  fail('SOJOURNLOST', m.incarnation)
end
local renewals, acked = member(ARGV[3])
evenIfFull()
call('HSET', MEMBERS, ARGV[3], int((renewals or 0) + 1) .. ' ' .. int(acked or 0))
return { m.incarnation, int(m.head), int(m.first), m.settled and 1 or 0 }`,

  /** 3: offset, 4: how many, 5: the incarnation that is meant, or ''. Nil for another one. */
  readAfter: `
local m = meta()
if ARGV[5] ~= '' and ARGV[5] ~= m.incarnation then return false end
local lines = {}
for i, entry in ipairs(call('XRANGE', LOG, int(tonumber(ARGV[3]) + 1) .. '-0', '+', 'COUNT', ARGV[4])) do
  local fields = entry[2]
  lines[i] = string.match(entry[1], '^%d+') .. ' ' .. tostring(fields[2]) .. ' ' .. tostring(fields[4])
end
return table.concat(lines, '\\n')`,

  ack: `
local m, offset = meta(), tonumber(ARGV[4])
local renewals, acked = member(ARGV[3])
-- Beyond the head nothing can have been applied: such an ack would count for entries that come later.
if renewals and offset <= m.head and offset > acked then
  evenIfFull()
  call('HSET', MEMBERS, ARGV[3], int(renewals) .. ' ' .. int(offset))
end
return 1`,

  members: `return appended(meta())`,

  leave: `
meta()
return call('HDEL', MEMBERS, ARGV[3])`,

  reap: `
meta()
if member(ARGV[3]) ~= tonumber(ARGV[4]) then return 0 end
return call('HDEL', MEMBERS, ARGV[3])`,

  revokeToken: `
local m = meta()
deny(m, ARGV[3], ARGV[4])
return appended(m)`,

  bumpClaims: `
local m = meta()
local generation, dead = numbers(ARGV[3])
generation = generation + rise(m)
append(m, claimsEvent(ARGV[3], generation, 'null'), ARGV[4])
putNumbers(ARGV[3], generation, dead, generation)
return { appended(m), int(generation) }`,

  publishPatch: `
local m = meta()
local generation = numbers(ARGV[3])
if generation ~= tonumber(ARGV[4]) then return false end
append(m, claimsEvent(ARGV[3], generation, ARGV[5]), ARGV[6])
return appended(m)`,

  raiseFloor: `
local m = meta()
local floor = m.floor + rise(m)
append(m, floorEvent(floor, ARGV[3]), ARGV[4])
call('HSET', META, 'floor', int(floor))
return { appended(m), int(floor) }`,

  settle: `
local m = meta()
evenIfFull()
if m.incarnation == ARGV[3] then call('HSET', META, 'settled', ARGV[3]) end
return 1`,

  floor: `return int(meta().floor)`,

  /** The floor, and up to which floor sessions and families under it are known to be gone. */
  floors: `return { int(meta().floor), call('HGET', META, 'clean:sweep') or '0', call('HGET', META, 'clean:sweepFamilies') or '0' }`,

  /** 3: sweep or sweepFamilies, 4: the floor up to which it has gone through everything. */
  swept: `
meta()
return call('HSET', META, 'clean:' .. ARGV[3], ARGV[4])`,

  subject: `
meta()
return call('HGET', SUBJECTS, ARGV[3])`,

  used: `return call('SMEMBERS', USED)`,

  /** At most 1000 entries a time; answers how many went. */
  prune: `
local m, passed, tokens = meta(), 0, {}
for _, entry in ipairs(call('XRANGE', LOG, '-', '+', 'COUNT', 1000)) do
  local untilAt, body = tonumber(entry[2][2]), entry[2][4]
  if not (untilAt and body) then fail('SOJOURNCORRUPT', 'log/' .. entry[1]) end
  if untilAt > NOW then break end
  local offset = string.match(entry[1], '^%d+')
  local id = string.match(body, '^{"kind":"token","tokenId":(.*)}$')
  if id and call('HGET', TOKENS, id) == offset then tokens[#tokens + 1] = id end
  passed, m.first = passed + 1, tonumber(offset) + 1
end
if passed == 0 then return 0 end
evenIfFull()
call('HSET', META, 'first', int(m.first))
call('XTRIM', LOG, 'MINID', int(m.first))
for _, id in ipairs(tokens) do call('HDEL', TOKENS, id) end
return passed`,
} as const
