/** Lua of the steps on sessions; what they are made of is in `lua-rows.ts`. */

export const ROW_STEPS = {
  /** KEYS: the session. On one server; each cookie that is not near at hand costs this, so that it is as short as can be. */
  find: `
local text = redis.call('GET', KEYS[1])
local meta = redis.call('HMGET', '{PREFIX}meta', 'run', 'floor')
if meta[1] ~= ARGV[1] then error({ err = 'SOJOURNRUN meta' }) end
if not text then return false end
local subject = string.match(text, '^[^\\n]*\\n([^\\n]*)')
return { text, meta[2], subject and redis.call('HGET', '{PREFIX}subjects', subject) or '' }`,

  /** 3 to 13: the row, 14: how many its subject may have alive, 15 and 16: floor and dead-below as read before, in a Cluster. */
  create: `
local row, m = given(3), look()
if call('EXISTS', key('s', row.ref)) == 1 then return 'exists' end
if superseded(row, m) then return 'superseded' end
if ARGV[14] ~= '' and row.subject ~= 'null' and areAlive(tonumber(ARGV[14]), row.subject, row.place, m or told(ARGV[15], ARGV[16])) then
  return 'limit'
end
insert(row)
return 'created'`,

  save: `
local next, m = given(3), look()
local row = load(next.ref)
if not alive(row, m) then return 'missing' end
if row.version ~= next.version - 1 or isLocked(row) then return 'conflict' end
next.last = math.max(row.last, next.last)
next.generation, next.floor, next.place = row.generation, row.floor, row.place
next.subject, next.family = row.subject, row.family
write(next)
return 'saved'`,

  touch: `
local m = look()
local row = load(ARGV[3])
if not alive(row, m) then return 0 end
if tonumber(ARGV[4]) > row.last then
  row.last = tonumber(ARGV[4])
  write(row)
end
return 1`,

  /** 3: the id, 4: its version, 5: until, 6 to 16: the next row. */
  rotate: `
local m, row, next = meta(), load(ARGV[3]), given(6)
if not alive(row, m) then return { 'missing' } end
if row.version ~= tonumber(ARGV[4]) then return { 'conflict' } end
if call('EXISTS', key('s', next.ref)) == 1 then return { 'exists' } end
if superseded(next, m) then return { 'superseded' } end
local family = row.family ~= '-' and loadFamily(row.family) or nil
append(m, sessionEvent(idOf(row.ref), row.subject, ''), ARGV[5])
row.family = '-'
remove(row)
if family then
  next.family, family.session = family.ref, next.ref
  writeFamily(family, next)
end
insert(next)
return { 'rotated', appended(m) }`,

  /** 3: the id, 4: until, 5: what else the event says. */
  end: `
local m, row = meta(), load(ARGV[3])
local ended = alive(row, m) and row.text or ''
append(m, sessionEvent(idOf(ARGV[3]), row and row.subject or 'null', ARGV[5]), ARGV[4])
if row then remove(row) end
return { ended, appended(m) }`,

  /** 3: subject, 4: its place, 5: until, 6: what else the event says, 7: who must be alive or '', 8: at which version or '', 9 to 19. */
  endSubject: `
local m, subject, next = meta(), ARGV[3], nil
if ARGV[7] ~= '' then
  local row = load(ARGV[7])
  if not alive(row, m) or row.subject ~= subject then return false end
  if ARGV[8] ~= '' and row.version ~= tonumber(ARGV[8]) then return false end
  next = given(9)
  if next.subject ~= subject then return 'foreign' end
  if call('EXISTS', key('s', next.ref)) == 1 then return 'exists' end
end
local generation, _, stale = numbers(subject)
generation = generation + rise(m)
local rows = rowsOf(subject, ARGV[4])
local ended = countAlive(rows, m)
append(m, subjectEvent(subject, generation, ARGV[6]), ARGV[5])
putNumbers(subject, generation, generation, stale)
for _, row in ipairs(rows) do remove(row) end
if next then
  next.generation, next.floor = generation, math.max(next.floor, m.floor)
  insert(next)
end
return { appended(m), int(generation), int(ended), next and int(next.floor) or '0' }`,

  /** Rows of a subject: session, text, session, text. */
  rowsOf: `
local m, answer = look(), {}
local rows = rowsOf(ARGV[3], ARGV[4])
for _, row in ipairs(rows) do
  if alive(row, m) then
    answer[#answer + 1] = row.ref
    answer[#answer + 1] = row.text
  end
end
return answer`,

  /** 3: how many, 4: bucket to begin with, 5: the session after which to go on, 6: the shards. Answers shard, bucket, session, text, and so on. */
  page: `
local m, answer, wanted = look(), {}, tonumber(ARGV[3])
local from, after = tonumber(ARGV[4]), ARGV[5]
for at = 6, #ARGV do
  for number = from, 3 do
    local refs = {}
    for _, entry in ipairs(call('ZRANGEBYSCORE', bucket(ARGV[at], number), '(' .. int(NOW), '+inf')) do
      local ref = string.sub(entry, 7)
      if ref > after then refs[#refs + 1] = ref end
    end
    table.sort(refs)
    for _, ref in ipairs(refs) do
      local row = load(ref)
      if alive(row, m) then
        for _, part in ipairs({ ARGV[at], int(number), ref, row.text }) do answer[#answer + 1] = part end
        if #answer == wanted * 4 then return answer end
      end
    end
    after = ''
  end
  from = 0
end
return answer`,

  /** 3: the floor under which nothing lives, or '' where expiry alone tells, 4: the shards. */
  count: `
local m, count = look() or (ARGV[3] ~= '' and told(ARGV[3], 0) or nil), 0
for at = 4, #ARGV do
  for number = 0, 3 do
    if ARGV[3] ~= '' then
      for _, entry in ipairs(call('ZRANGEBYSCORE', bucket(ARGV[at], number), '(' .. int(NOW), '+inf')) do
        if alive(load(string.sub(entry, 7)), m) then count = count + 1 end
      end
    else
      count = count + call('ZCOUNT', bucket(ARGV[at], number), '(' .. int(NOW), '+inf')
    end
  end
end
return count`,

  /** 3: as for count, 4: how many at most, 5: the shards. Removes sessions that are not alive. */
  sweep: `
local m, count, limit = look() or (ARGV[3] ~= '' and told(ARGV[3], 0) or nil), 0, tonumber(ARGV[4])
for at = 5, #ARGV do
  local left = 0
  for number = 0, 3 do
    local place = bucket(ARGV[at], number)
    for _, entry in ipairs(call('ZRANGEBYSCORE', place, '-inf', ARGV[3] ~= '' and '+inf' or int(NOW))) do
      if count == limit then return count end
      local row = load(string.sub(entry, 7))
      if not row then
        call('ZREM', place, entry)
      elseif not alive(row, m) then
        remove(row)
        count = count + 1
      end
    end
    left = left + call('EXISTS', place)
  end
  if WHOLE and left == 0 then call('SREM', USED, ARGV[at]) end
end
return count`,
} as const
