-- What registers a prefix for a series: the beginning of each script that does.
--
-- The hash `{tracking}:prefixes` names the series of each prefix, as `NAME FINGERPRINT`; the first
-- versions wrote the name alone, which is read as the series of that name, whatever its key.

if redis.replicate_commands then redis.replicate_commands() end

-- Whether the prefix is, or may become, that series': else the answer, `taken` and by whom, or an
-- error of the server.
local function refusal(register, prefix, name, fingerprint)
  local owner = redis.pcall('HMGET', register, prefix)
  if owner.err then return owner end
  owner = owner[1]
  if not owner or owner == name or owner == name .. ' ' .. fingerprint then return nil end
  return {'taken', owner}
end

-- Write it down; an error of the server where that fails.
local function claim(register, prefix, name, fingerprint)
  local written = redis.pcall('HSET', register, prefix, name .. ' ' .. fingerprint)
  if type(written) == 'table' then return written end
end

