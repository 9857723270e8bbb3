-- Creates a series, or writes a lost one back: all of it or nothing.
--
-- KEYS  the hash of the series; the hash that names the series of each prefix
-- ARGV  the prefix, the series' name, its fingerprint, then the fields and values of its record
--
-- Answers:
--   created
--   exists    the fingerprint of the series that is there
--   taken     the series that has the prefix: its name and, where that is known, its fingerprint

local prefix, name, fingerprint = ARGV[1], ARGV[2], ARGV[3]
if #ARGV < 5 or #ARGV % 2 == 0 then
  return redis.error_reply('ERR tracking: expected a prefix, a name, a fingerprint and a record')
end

local found = redis.pcall('HGETALL', KEYS[1])
if found.err then return found end
if #found > 0 then
  for index = 1, #found, 2 do
    if found[index] == 'fingerprint' then return {'exists', found[index + 1]} end
  end
  return {'exists', ''}
end

local refused = refusal(KEYS[2], prefix, name, fingerprint) or claim(KEYS[2], prefix, name, fingerprint)
if refused then return refused end
local written = redis.pcall('HSET', KEYS[1], 'fingerprint', fingerprint, unpack(ARGV, 4))
if type(written) == 'table' then return written end
return {'created'}
