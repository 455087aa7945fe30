/**
 * Lua of the rows' slots. A row lives under the hash tag `{<prefix>:<shard>}`, the shard being the start of its id:
 *
 *   s<rest of the id>  string  a session: a line of numbers, its subject as JSON, its family, the rest of it as a JSON array
 *   f<rest of the id>  string  a family: a line of numbers, its session, two hashes, the sealed successor, the rest
 *   i0 to i3           zset    who is there: `<6 characters of the subject's keyed hash><session>` by the second of expiry
 *
 * On one server (WHOLE) a step looks at the log and appends to it while it changes rows; in a Cluster it changes rows alone, and
 * the log is looked at after it.
 */
export const ROWS = `
-- For clocks that disagree: the server removes a row so many seconds after it has expired.
local MARGIN = 3600

local function key(kind, ref)
  if string.sub(ref, 1, 1) == ':' then return '{PREFIX:__}' .. kind .. ref end
  return '{PREFIX:' .. string.sub(ref, 1, 2) .. '}' .. kind .. string.sub(ref, 3)
end

local function bucket(shard, number) return '{PREFIX:' .. shard .. '}i' .. number end
local function index(place) return bucket(string.sub(place, 1, 2), string.byte(place, 3) % 4) end
local function entryOf(row) return string.sub(row.place, 3) .. row.ref end
local function idOf(ref) return string.sub(ref, 1, 1) == ':' and string.sub(ref, 2) or '"' .. ref .. '"' end
local function expiry(row) return math.min(row.last + row.idle, row.absolute) end
local function lifeOf(row) return int(math.max(1, expiry(row) - NOW) + MARGIN) end

local function parse(ref, text)
  local version, last, idle, absolute, generation, floor, created, place, subject, family, body = string.match(text,
    '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (........)\\n([^\\n]*)\\n([^\\n]+)\\n(.*)$')
  if not version then fail('SOJOURNCORRUPT', 'sessions/' .. ref) end
  return { ref = ref, text = text, version = tonumber(version), last = tonumber(last), idle = tonumber(idle),
    absolute = tonumber(absolute), generation = tonumber(generation), floor = tonumber(floor), created = tonumber(created),
    place = place, subject = subject, family = family, body = body }
end

local function load(ref)
  local text = call('GET', key('s', ref))
  return text and parse(ref, text) or nil
end

-- A row that comes with the command.
local function given(at)
  local version, last, idle, absolute, generation, floor, created, place, subject, body = unpack(ARGV, at + 1, at + 10)
  return { ref = ARGV[at], version = tonumber(version), last = tonumber(last), idle = tonumber(idle),
    absolute = tonumber(absolute), generation = tonumber(generation), floor = tonumber(floor), created = tonumber(created),
    place = place, subject = subject, family = '-', body = body }
end

local function textOf(row)
  return table.concat({ int(row.version), int(row.last), int(row.idle), int(row.absolute), int(row.generation),
    int(row.floor), int(row.created), row.place }, ' ') .. '\\n' .. row.subject .. '\\n' .. row.family .. '\\n' .. row.body
end

local function write(row)
  local life, place = lifeOf(row), index(row.place)
  call('SET', key('s', row.ref), textOf(row), 'EX', life)
  call('ZADD', place, int(expiry(row)), entryOf(row))
  if call('TTL', place) < tonumber(life) then call('EXPIRE', place, life) end
  if row.family ~= '-' then call('EXPIRE', key('f', row.family), life) end
end

local function insert(row)
  -- First: a script whose first write needs no memory is let through when there is none.
  write(row)
  if WHOLE then call('SADD', USED, string.sub(row.place, 1, 2)) end
  -- What the server has removed by itself is still noted here.
  call('ZREMRANGEBYSCORE', index(row.place), '-inf', int(NOW - 2 * MARGIN))
end

local function remove(row)
  call('DEL', key('s', row.ref))
  call('ZREM', index(row.place), entryOf(row))
  if row.family ~= '-' then call('DEL', key('f', row.family)) end
end

-- In a Cluster, what was read of the log just before may come with the command.
local function look() return WHOLE and meta() or nil end
local function told(floor, dead) return { floor = tonumber(floor), dead = tonumber(dead) } end

local function alive(row, m)
  if not row or NOW >= expiry(row) then return false end
  if not m then return true end
  local dead = m.dead
  local _
  if not dead then _, dead = numbers(row.subject) end
  return row.floor >= m.floor and row.generation >= dead
end

-- In a Cluster: the row is about to be replaced by one that is written down already.
local function isLocked(row) return not WHOLE and call('EXISTS', key('l', row.ref)) == 1 end

local function superseded(row, m)
  if not m then return false end
  local generation = numbers(row.subject)
  return row.generation < generation or row.floor < m.floor
end

-- Rows of a subject, alive or not.
local function rowsOf(subject, place)
  local found, tag = {}, string.sub(place, 3)
  for _, entry in ipairs(call('ZRANGE', index(place), 0, -1)) do
    if string.sub(entry, 1, 6) == tag then
      local row = load(string.sub(entry, 7))
      if row and row.subject == subject then found[#found + 1] = row end
    end
  end
  return found
end

-- Whether so many rows of a subject are alive: no more of them are read than that takes.
local function areAlive(wanted, subject, place, m)
  local count, tag = 0, string.sub(place, 3)
  for _, entry in ipairs(call('ZRANGEBYSCORE', index(place), '(' .. int(NOW), '+inf')) do
    if count >= wanted then break end
    if string.sub(entry, 1, 6) == tag then
      local row = load(string.sub(entry, 7))
      if row and row.subject == subject and alive(row, m) then count = count + 1 end
    end
  end
  return count >= wanted
end

local function countAlive(rows, m)
  local count = 0
  for _, row in ipairs(rows) do if alive(row, m) then count = count + 1 end end
  return count
end

local function loadFamily(ref)
  local text = call('GET', key('f', ref))
  if not text then return nil end
  local step, rotated, floor, created, session, hash, previous, sealed, body = string.match(text,
    '^(%d+) (%S+) (%d+) (%d+)\\n([^\\n]+)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n(.*)$')
  if not step then fail('SOJOURNCORRUPT', 'families/' .. ref) end
  return { ref = ref, text = text, step = tonumber(step), rotated = tonumber(rotated), floor = tonumber(floor),
    created = created, session = session, hash = hash, previous = previous, sealed = sealed, body = body }
end

local function writeFamily(family, row)
  call('SET', key('f', family.ref), table.concat({ int(family.step), family.rotated and int(family.rotated) or '-',
    int(family.floor), family.created }, ' ') .. '\\n' .. table.concat({ family.session, family.hash, family.previous,
    family.sealed, family.body }, '\\n'), 'EX', lifeOf(row))
end

local function familyAlive(family, row, m)
  return family and alive(row, m) and (not m or family.floor >= m.floor)
end

-- What a judgement outside needs of the log.
local function withTruth(row, m, answer)
  if m then
    answer[#answer + 1] = int(m.floor)
    answer[#answer + 1] = call('HGET', SUBJECTS, row.subject) or ''
  end
  return answer
end
`
