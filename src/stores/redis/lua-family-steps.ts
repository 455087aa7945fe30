/** Lua of the steps on families, and of those that look at session, token and subject at once. */

export const FAMILY_STEPS = {
  /** 3: id, 4: session, 5: floor, 6: created, 7: hash, 8: the rest, 9: step, 10: rotated, 11: previous, 12: sealed. */
  createFamily: `
local m, row = look(), load(ARGV[4])
local family = { ref = ARGV[3], session = ARGV[4], floor = tonumber(ARGV[5]), created = ARGV[6], hash = ARGV[7],
  body = ARGV[8], step = tonumber(ARGV[9]), rotated = tonumber(ARGV[10]), previous = ARGV[11], sealed = ARGV[12] }
if not familyAlive(family, row, m) then return 'missing' end
if row.family ~= '-' or call('EXISTS', key('f', family.ref)) == 1 then return 'exists' end
row.family = family.ref
writeFamily(family, row)
write(row)
return 'created'`,

  findFamily: `
local m, family = look(), loadFamily(ARGV[3])
local row = family and load(family.session)
if not row then return false end
return withTruth(row, m, { family.ref, family.text, row.text })`,

  findFamilyOf: `
local m, row = look(), load(ARGV[3])
local family = row and row.family ~= '-' and loadFamily(row.family)
if not family then return false end
return withTruth(row, m, { family.ref, family.text, row.text })`,

  /** 3: id, 4: step, 5: hash, 6: next hash, 7: next sealed, 8: window, 9: until. */
  rotateFamily: `
local m, family = look(), loadFamily(ARGV[3])
local row = family and load(family.session)
if not familyAlive(family, row, m) then return { 'missing' } end
local step, hash = tonumber(ARGV[4]), ARGV[5]
if step < 0 or step > family.step then return { 'unknown' } end
if step == family.step then
  if hash ~= family.hash then return { 'unknown' } end
  family.step, family.previous, family.rotated = step + 1, hash, NOW
  family.hash, family.sealed = ARGV[6], ARGV[7]
  row.last = math.max(row.last, NOW)
  writeFamily(family, row)
  write(row)
  return { 'rotated', call('GET', key('f', family.ref)), row.text }
end
if step == family.step - 1 then
  if hash ~= family.previous then return { 'unknown' } end
  if family.rotated and NOW < family.rotated + tonumber(ARGV[8]) then return { 'replayed', family.text, row.text } end
end
if not m then return { 'reused', family.text, row.text } end
append(m, sessionEvent(idOf(row.ref), row.subject, ''), ARGV[9])
remove(row)
return { 'reused', family.text, row.text, appended(m) }`,

  revokeFamily: `
local family = loadFamily(ARGV[3])
if not family then return 0 end
local row = load(family.session)
call('DEL', key('f', ARGV[3]))
if row and row.family == ARGV[3] then
  row.family = '-'
  write(row)
end
return 1`,

  /** As sweep, of families whose session is not alive. */
  sweepFamilies: `
local m, count, limit = look() or (ARGV[3] ~= '' and told(ARGV[3], 0) or nil), 0, tonumber(ARGV[4])
for at = 5, #ARGV do
  for number = 0, 3 do
    local place = bucket(ARGV[at], number)
    for _, entry in ipairs(call('ZRANGEBYSCORE', place, '-inf', ARGV[3] ~= '' and '+inf' or int(NOW))) do
      if count == limit then return count end
      local row = load(string.sub(entry, 7))
      local family = row and row.family ~= '-' and loadFamily(row.family)
      if family and not familyAlive(family, row, m) then
        call('DEL', key('f', family.ref))
        row.family = '-'
        write(row)
        count = count + 1
      end
    end
  end
end
return count`,
} as const

/** Steps that look at session, token and subject at once. */
export const TRUTH_STEPS = {
  /** 3: session, 4: subject, 5: token or '', 6: '1' where the read must be proved by a write that replicas confirm. */
  judge: `
local m, row = meta(), load(ARGV[3])
if ARGV[6] == '1' then
  evenIfFull()
  call('HINCRBY', META, 'judged', 1)
end
return { row and row.text or '', int(m.floor), call('HGET', SUBJECTS, ARGV[4]) or '',
  ARGV[5] ~= '' and call('HEXISTS', TOKENS, ARGV[5]) or 0 }`,

  /** 3: kind, 4: until, then as the kind needs it. Makes the event true and appends it while it lasts. */
  restore: `
local m, kind, lasts = meta(), ARGV[3], tonumber(ARGV[4]) > NOW
evenIfFull()
if kind == 'session' then
  local row = load(ARGV[5])
  if lasts then append(m, sessionEvent(idOf(ARGV[5]), ARGV[6], ARGV[7]), ARGV[4]) end
  if row then remove(row) end
elseif kind == 'token' then
  if lasts then deny(m, ARGV[5], ARGV[4]) end
elseif kind == 'floor' then
  if lasts then append(m, floorEvent(tonumber(ARGV[5]), ARGV[6]), ARGV[4]) end
  call('HSET', META, 'floor', int(math.max(m.floor, tonumber(ARGV[5]))))
else
  local subject, given = ARGV[5], tonumber(ARGV[6])
  local generation, dead, stale = numbers(subject)
  if kind == 'subject' then
    local rows = rowsOf(subject, ARGV[8])
    if lasts then append(m, subjectEvent(subject, given, ARGV[7]), ARGV[4]) end
    putNumbers(subject, math.max(generation, given), math.max(dead, given), stale)
    for _, row in ipairs(rows) do if row.generation < given then remove(row) end end
  else
    if lasts then append(m, claimsEvent(subject, given, given < generation and 'null' or ARGV[7]), ARGV[4]) end
    putNumbers(subject, math.max(generation, given), dead, math.max(stale, given))
  end
end
return appended(m)`,
} as const
