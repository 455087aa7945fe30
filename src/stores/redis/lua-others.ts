/** Lua of records, accounts and the audit log: each has slots of its own, and nothing to do with the log. */

export const OTHER_STEPS = {
  // A record: `<version> <expires at or ->`, a line break, JSON. KEYS: the record, names in order, names by expiry. 3: the name.
  findRecord: `return call('GET', KEYS[1])`,

  /** 4: the version that must be there, '' for none, '*' for any, 5: expires at or '-', 6: the value. */
  putRecord: `
local version, expires = 0, nil
local text = call('GET', KEYS[1])
if text then
  version, expires = string.match(text, '^(%d+) (%S+)\\n')
  if not version then fail('SOJOURNCORRUPT', 'records') end
  version, expires = tonumber(version), tonumber(expires)
  if expires and NOW >= expires then version = 0 end
end
if ARGV[4] == '*' then version = 0 elseif int(version) ~= ARGV[4] then return 0 end
call('SET', KEYS[1], int(version + 1) .. ' ' .. ARGV[5] .. '\\n' .. ARGV[6])
call('ZADD', KEYS[2], 0, ARGV[3])
if ARGV[5] == '-' then
  call('ZREM', KEYS[3], ARGV[3])
else
  call('EXPIRE', KEYS[1], int(math.max(1, tonumber(ARGV[5]) - NOW) + 3600))
  call('ZADD', KEYS[3], ARGV[5], ARGV[3])
end
return 1`,

  takeRecord: `
local text = call('GET', KEYS[1])
if not text then return false end
call('DEL', KEYS[1])
call('ZREM', KEYS[2], ARGV[3])
call('ZREM', KEYS[3], ARGV[3])
return text`,

  /** 3: how the records' keys begin, 4: after which name ('-' from the start, '(<name>'), 5: how many. Name, record, name, record. */
  listRecords: `
local answer, limit, from = {}, tonumber(ARGV[5]), ARGV[4]
while true do
  local names = call('ZRANGEBYLEX', KEYS[2], from, '+', 'LIMIT', 0, 100)
  for _, name in ipairs(names) do
    local text = call('GET', ARGV[3] .. name)
    local expires = text and tonumber(string.match(text, '^%d+ (%S+)\\n'))
    if text and not (expires and NOW >= expires) then
      answer[#answer + 1], answer[#answer + 2] = name, text
      if #answer >= limit * 2 then return answer end
    end
  end
  if #names < 100 then return answer end
  from = '(' .. names[#names]
end`,

  /** 3: how the records' keys begin, 4: how many. */
  sweepRecords: `
local names = call('ZRANGEBYSCORE', KEYS[3], '-inf', int(NOW), 'LIMIT', 0, ARGV[4])
for _, name in ipairs(names) do
  call('DEL', ARGV[3] .. name)
  call('ZREM', KEYS[2], name)
  call('ZREM', KEYS[3], name)
end
return #names`,

  // KEYS: the stream, the sequence.
  /** 3: subject, 4: session, 5: action, 6: the event, 7: how many are kept. */
  appendAudit: `
local sequence = call('INCR', KEYS[2])
call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[7], int(sequence) .. '-0', 's', ARGV[3], 'i', ARGV[4], 'a', ARGV[5], 'e', ARGV[6])
return sequence`,

  /** 3 to 5: subject, session, action, '*' for any, 6: the newest, 7: how many, 8: how many to look at. Answers where it stopped or '', then sequence, event. */
  listAudit: `
local entries = call('XREVRANGE', KEYS[1], ARGV[6], '-', 'COUNT', ARGV[8])
local answer, limit = { '' }, tonumber(ARGV[7])
for _, entry in ipairs(entries) do
  local sequence, fields = string.match(entry[1], '^%d+'), entry[2]
  answer[1] = sequence
  local fits = true
  for i = 1, 3 do
    if ARGV[i + 2] ~= '*' and ARGV[i + 2] ~= fields[i * 2] then fits = false end
  end
  if fits then
    answer[#answer + 1], answer[#answer + 2] = sequence, fields[8]
    if #answer > limit * 2 then return answer end
  end
end
if #entries < tonumber(ARGV[8]) then answer[1] = '' end
return answer`,

  // KEYS: accounts by id, ids by email, ids in order. An account: its version, a line break, its email as JSON, a line break, the rest.
  /** 3: id, 4: email, 5: the account. */
  createAccount: `
if call('HEXISTS', KEYS[1], ARGV[3]) == 1 or call('HEXISTS', KEYS[2], ARGV[4]) == 1 then return 'exists' end
call('HSET', KEYS[1], ARGV[3], ARGV[5])
call('HSET', KEYS[2], ARGV[4], ARGV[3])
call('ZADD', KEYS[3], 0, ARGV[3])
return 'created'`,

  /** 3: id, or 4: email. Id, account. */
  findAccount: `
local id = ARGV[3] ~= '' and ARGV[3] or call('HGET', KEYS[2], ARGV[4])
return id and { id, call('HGET', KEYS[1], id) }`,

  /** As createAccount, 6: version. */
  saveAccount: `
local text = call('HGET', KEYS[1], ARGV[3])
if not text then return 'missing' end
local version, email = string.match(text, '^(%d+)\\n([^\\n]*)\\n')
if not version then fail('SOJOURNCORRUPT', 'accounts/' .. ARGV[3]) end
if tonumber(version) ~= tonumber(ARGV[6]) - 1 then return 'conflict' end
local holder = call('HGET', KEYS[2], ARGV[4])
if holder and holder ~= ARGV[3] then return 'exists' end
call('HSET', KEYS[1], ARGV[3], ARGV[5])
call('HDEL', KEYS[2], email)
call('HSET', KEYS[2], ARGV[4], ARGV[3])
return 'saved'`,

  /** 3: after which id ('-' or '(<id>'), 4: how many. */
  listAccounts: `
local answer = {}
for _, id in ipairs(call('ZRANGEBYLEX', KEYS[3], ARGV[3], '+', 'LIMIT', 0, ARGV[4])) do
  answer[#answer + 1], answer[#answer + 2] = id, call('HGET', KEYS[1], id)
end
return answer`,

  countAccounts: `return call('HLEN', KEYS[1])`,
} as const
