-- Registers the prefix of a series that is there, where the register lost it or has its name alone.
--
-- KEYS  the hash that names the series of each prefix
-- ARGV  the prefix, the series' name, its fingerprint
--
-- Answers:
--   created
--   taken     the series that has the prefix: its name and, where that is known, its fingerprint

if #ARGV ~= 3 then
  return redis.error_reply('ERR tracking: expected a prefix, a name and a fingerprint')
end
return refusal(KEYS[1], unpack(ARGV)) or claim(KEYS[1], unpack(ARGV)) or {'created'}
