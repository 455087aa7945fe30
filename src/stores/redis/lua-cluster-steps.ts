/**
 * Lua of a Cluster's steps, where rows and log are changed one after the other. The log decides: what ends is appended there first,
 * with a tombstone that outlives every copy of the row, and whoever reads a row looks there last.
 *
 * A row that replaces another goes in three steps: it is written down as pending (`p`), the old one locked (`l`); the log takes
 * the end of the old one and the name of what replaces it, which is the moment at which it happens; the rows follow. Whoever finds
 * a pending row whose replacement the log has taken finishes it.
 */

/** Functions of these steps alone. */
export const CLUSTER = `
local function tombstone(ref)
  local text = call('HGET', ENDED, ref)
  if not text then return nil end
  local untilAt, successor = string.match(text, '^(%d+) (%S+)')
  if not untilAt then fail('SOJOURNCORRUPT', 'ended') end
  return successor
end

local function bury(ref, untilAt, successor, generation, floor)
  call('HSET', ENDED, ref, table.concat({ int(untilAt), successor, int(generation), int(floor) }, ' '))
  call('ZADD', ENDINGS, int(untilAt), ref)
end
`

export const CLUSTER_STEPS = {
  // In the log's slot.

  /** Session, subject, session, subject. Answers the floor, then tombstone and numbers of each. */
  look: `
local answer = { int(meta().floor) }
for at = 3, #ARGV, 2 do
  answer[#answer + 1] = ARGV[at] ~= '' and call('HGET', ENDED, ARGV[at]) or ''
  answer[#answer + 1] = ARGV[at + 1] ~= '' and call('HGET', SUBJECTS, ARGV[at + 1]) or ''
end
return answer`,

  /** 3: a shard that is about to hold a row, 4: its session, 5: its subject. As look. */
  lookBefore: `
local floor = meta().floor
call('SADD', USED, ARGV[3])
return { int(floor), call('HGET', ENDED, ARGV[4]) or '', ARGV[5] ~= '' and call('HGET', SUBJECTS, ARGV[5]) or '' }`,

  /** 3: session, 4: until, 5: subject, 6: what else the event says, 7: until when the row may be there, 8: '1' to end the living only. */
  commitEnd: `
local m, wasDead = meta(), tombstone(ARGV[3]) ~= nil
if wasDead and ARGV[8] == '1' then return { 1 } end
append(m, sessionEvent(idOf(ARGV[3]), ARGV[5], ARGV[6]), ARGV[4])
if not wasDead then bury(ARGV[3], tonumber(ARGV[7]), '-', 0, 0) end
return { wasDead and 1 or 0, appended(m) }`,

  /** 3: old session, 4: next, 5: subject, 6: the old one's generation, 7: its floor, 8: the next one's, 9: its floor, 10: until, 11: as 7 of commitEnd. */
  commitRotate: `
local m = meta()
local generation, dead = numbers(ARGV[5])
if tombstone(ARGV[3]) or tombstone(ARGV[4]) or tonumber(ARGV[6]) < dead or tonumber(ARGV[7]) < m.floor then return { 'missing' } end
if tonumber(ARGV[8]) < generation or tonumber(ARGV[9]) < m.floor then return { 'superseded' } end
append(m, sessionEvent(idOf(ARGV[3]), ARGV[5], ''), ARGV[10])
bury(ARGV[3], tonumber(ARGV[11]), ARGV[4], tonumber(ARGV[8]), tonumber(ARGV[9]))
return { 'rotated', appended(m) }`,

  /** 3: subject, 4: until, 5: what else the event says, 6: who is replaced or '', 7: by whom, 8: its generation, 9: floor, 10: the next one's floor, 11: as 7 of commitEnd. */
  commitEndSubject: `
local m = meta()
local generation, dead, stale = numbers(ARGV[3])
local floor = m.floor
if ARGV[6] ~= '' then
  if tombstone(ARGV[6]) or tombstone(ARGV[7]) or tonumber(ARGV[8]) < dead or tonumber(ARGV[9]) < m.floor then return false end
  floor = math.max(floor, tonumber(ARGV[10]))
end
generation = generation + rise(m)
append(m, subjectEvent(ARGV[3], generation, ARGV[5]), ARGV[4])
putNumbers(ARGV[3], generation, generation, stale)
if ARGV[6] ~= '' then bury(ARGV[6], tonumber(ARGV[11]), ARGV[7], generation, floor) end
return { appended(m), int(generation), int(floor), int(dead), int(m.floor) }`,

  /** As judge, with a tombstone; the row has been read before. */
  judgeTruth: `
local m = meta()
if ARGV[6] == '1' then
  evenIfFull()
  call('HINCRBY', META, 'judged', 1)
end
return { int(m.floor), call('HGET', SUBJECTS, ARGV[4]) or '', ARGV[5] ~= '' and call('HEXISTS', TOKENS, ARGV[5]) or 0,
  call('HGET', ENDED, ARGV[3]) or '' }`,

  /** Some tombstones whose time has come. */
  dueEndings: `
meta()
return call('ZRANGEBYSCORE', ENDINGS, '-inf', int(NOW), 'LIMIT', 0, 200)`,

  /** 3 and on: sessions whose rows are sure to be gone. */
  forgetEndings: `
meta()
for at = 3, #ARGV do
  call('HDEL', ENDED, ARGV[at])
  call('ZREM', ENDINGS, ARGV[at])
end
return 1`,

  // In a shard's slot.

  /** As find; or, where there is only a pending row: '', its text, whom it replaces. */
  findRow: `
local text = call('GET', key('s', ARGV[3]))
if text then return { text } end
local pending = call('GET', key('p', ARGV[3]))
if not pending then return false end
local old, rest = string.match(pending, '^([^\\n]+)\\n(.*)$')
if not old then fail('SOJOURNCORRUPT', 'sessions/' .. ARGV[3]) end
return { '', rest, old }`,

  /** 3: the old session, 4: version or '', 5: subject or '', 6: lock in ms, 7 to 17: the next. Answers what commits need of the old one. */
  prepare: `
local row, next = load(ARGV[3]), given(7)
if not alive(row) or (ARGV[5] ~= '' and row.subject ~= ARGV[5]) then return { 'missing' } end
if ARGV[4] ~= '' and row.version ~= tonumber(ARGV[4]) then return { 'conflict' } end
if ARGV[5] ~= '' and next.subject ~= ARGV[5] then return { 'foreign' } end
if call('EXISTS', key('s', next.ref), key('p', next.ref)) > 0 then return { 'exists' } end
if not call('SET', key('l', row.ref), next.ref, 'NX', 'PX', ARGV[6]) then return { 'locked' } end
call('SET', key('p', next.ref), row.ref .. '\\n' .. textOf(next), 'EX', lifeOf(next))
return { 'ready', row.subject, int(row.generation), int(row.floor), int(math.min(NOW + row.idle, row.absolute) + MARGIN) }`,

  /** 3: the old session, 4: the next: it will not be. */
  abandon: `
call('DEL', key('p', ARGV[4]))
if call('GET', key('l', ARGV[3])) == ARGV[4] then call('DEL', key('l', ARGV[3])) end
return 1`,

  /** 3: the next session, 4: its generation, 5: its floor: the log has taken it. */
  finish: `
local pending = call('GET', key('p', ARGV[3]))
if not pending then return 0 end
local old, text = string.match(pending, '^([^\\n]+)\\n(.*)$')
local next, row = parse(ARGV[3], text), load(old)
local family = row and row.family ~= '-' and loadFamily(row.family) or nil
next.generation, next.floor = tonumber(ARGV[4]), tonumber(ARGV[5])
call('DEL', key('l', old))
if family then
  next.family, family.session = family.ref, next.ref
  writeFamily(family, next)
end
insert(next)
if row then
  row.family = '-'
  remove(row)
end
call('DEL', key('p', next.ref))
return 1`,

  /** 3: a session whose end is in the log. */
  drop: `
local row = load(ARGV[3])
if row then remove(row) end
call('DEL', key('p', ARGV[3]), key('l', ARGV[3]))
return row and 1 or 0`,

  /** 3: subject, 4: its place, 5: the generation below which all have ended, 6 and 7: floor and dead-below as they were. How many were alive. */
  dropSubject: `
local ended = 0
for _, row in ipairs(rowsOf(ARGV[3], ARGV[4])) do
  if row.generation < tonumber(ARGV[5]) then
    if alive(row, told(ARGV[6], ARGV[7])) then ended = ended + 1 end
    remove(row)
  end
end
return ended`,

  /** The log's part of restore: 3: kind, 4: until, then as restore; of a session 8: until when its row may be there. */
  restoreTruth: `
local m, kind, lasts = meta(), ARGV[3], tonumber(ARGV[4]) > NOW
evenIfFull()
if kind == 'session' then
  if lasts then append(m, sessionEvent(idOf(ARGV[5]), ARGV[6], ARGV[7]), ARGV[4]) end
  if not tombstone(ARGV[5]) then bury(ARGV[5], tonumber(ARGV[8]), '-', 0, 0) end
else
  local generation, dead, stale = numbers(ARGV[5])
  local given = tonumber(ARGV[6])
  if lasts then append(m, subjectEvent(ARGV[5], given, ARGV[7]), ARGV[4]) end
  putNumbers(ARGV[5], math.max(generation, given), math.max(dead, given), stale)
end
return appended(m)`,
} as const
