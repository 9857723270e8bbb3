-- Writes a state in the place of the very one that was read: all of it, or nothing.
--
-- KEYS  the hash of the series
-- ARGV  how many fields were read; each of them and its value, empty where there was none; then the fields and
--       values to write. Never the key: SLOWLOG and MONITOR show these.
--
-- Answers:
--   stored
--   outrun    one of them is another by now

if redis.replicate_commands then redis.replicate_commands() end

local read = tonumber(ARGV[1])
if not read or #ARGV < 3 + 2 * read or #ARGV % 2 == 0 then
  return redis.error_reply('ERR tracking: expected what was read and what is to be written')
end
for index = 2, 2 * read, 2 do
  local found = redis.pcall('HMGET', KEYS[1], ARGV[index])
  if found.err then return found end
  if (found[1] or '') ~= ARGV[index + 1] then return {'outrun'} end
end
local written = redis.pcall('HSET', KEYS[1], unpack(ARGV, 2 * read + 2))
if type(written) == 'table' then return written end
return {'stored'}
