-- One reservation, in one round trip: the twin of `timeline::step` (timeline.rs), whose rules and
-- numbers it follows. A differential test holds the two to the same answers and the same states.
--
-- KEYS[1]  the hash of the series: its record (version, name, prefix, key, created_at, fingerprint)
--          beside its timeline (history, lane, tick, slot, last, used, doubt)
-- ARGV     how many serials are wanted; the caller's clock in ms since 1970, read just before it
--          sent this; the fingerprint of its series; and, where it knows of grants by this very
--          process of Redis, how far the newest one went: lane, tick, next free slot. Never the key:
--          SLOWLOG and MONITOR show these.
--
-- Answers what happened, this server's clock in ms since 1970, and then:
--   granted        lane, tick, slot and number of the serials
--   not-yet        how many ms to wait
--   out-of-range                                            rule 0, nothing was changed
--   behind         by how many ms                           rule 3, nothing was changed
--   disagree                                                rule 4, nothing was changed
--   missing                                                 there is no such series
--   foreign        the fingerprint of the series that is there
--   moved          the export that the series left by, and when in ms since 1970
--   corrupt        the name of a field that no step can have left so
--
-- Numbers are doubles here. So lane, tick and slot stay apart, each far below 2^53, and a serial of
-- 62 bits is never put together; the set of used lanes is a text of 64 characters 0 and 1.

local EPOCH_MS, TICK_MS, TICKS = 1735689600000, 10, 274877906944
local SLOTS, LANES = 262144, 64
local SKEW_MS, FENCE_MS, PATIENCE_MS = 500, 1000, 1500
local FENCE = FENCE_MS / TICK_MS

-- Before Redis 5 a script could not write after it read the clock. Where the switch still exists,
-- this asks for the replication of effects, which is the default since.
if redis.replicate_commands then redis.replicate_commands() end

-- A whole number below `limit` of its decimal digits, else nil.
local function whole(text, limit)
  if type(text) ~= 'string' or #text > 15 or not text:match('^%d+$') then return nil end
  local number = tonumber(text)
  if number < limit and string.format('%.0f', number) == text then return number end
end

local wanted, caller_ms, fingerprint = whole(ARGV[1], 4294967296), whole(ARGV[2], 1e15), ARGV[3]
if not wanted or wanted < 1 or not caller_ms or not fingerprint then
  return redis.error_reply('ERR tracking: expected the number wanted, a clock and a fingerprint')
end

local seen_lane, seen_tick, seen_slot = nil, nil, nil
if ARGV[4] then
  seen_lane, seen_tick, seen_slot = whole(ARGV[4], LANES), whole(ARGV[5], TICKS), whole(ARGV[6], SLOTS + 1)
  if not seen_lane or not seen_tick or not seen_slot then
    return redis.error_reply('ERR tracking: expected a lane, a tick and a slot')
  end
end

-- Nothing but the server itself says what time it is and who it is. (A test puts its own line here.)
local time, info = redis.pcall('TIME'), redis.pcall('INFO', 'server') -- CLOCK AND HISTORY
if time.err then return time end
if type(info) == 'table' then return info end
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local history = info:match('\nrun_id:([!-~]+)')
if not history or #history > 128 then
  return redis.error_reply('ERR tracking: INFO shows no run_id')
end

local found = redis.pcall('HMGET', KEYS[1], 'version', 'fingerprint', 'history', 'lane', 'tick', 'slot',
  'used', 'doubt')
if found.err then return found end
if not found[1] and not found[2] then
  local all = redis.pcall('HGETALL', KEYS[1])
  if all.err then return all end
  if #all == 0 then return {'missing', now_ms} end
end
if found[1] ~= '1' and found[1] ~= '2' then return {'corrupt', now_ms, 'version'} end
if not found[2] then return {'corrupt', now_ms, 'fingerprint'} end
if found[2] ~= fingerprint then return {'foreign', now_ms, found[2]} end

-- Version 2 is a series that was moved away, and nothing else: programs that know no moves refuse it.
if found[1] == '2' then
  local moved = redis.pcall('HMGET', KEYS[1], 'moved', 'moved_at')
  if moved.err then return moved end
  local id, at_ms = moved[1], whole(moved[2], 1e15)
  if not id then return {'corrupt', now_ms, 'version'} end
  if #id ~= 16 or not id:match('^%x+$') then return {'corrupt', now_ms, 'moved'} end
  if not at_ms then return {'corrupt', now_ms, 'moved_at'} end
  return {'moved', now_ms, id, at_ms}
end

-- The state, checked: either all of its fields are there or none is. The first versions wrote
-- neither `used` nor `doubt`.
local before, lane, last_tick, slot = found[3], nil, nil, nil
local used, doubt = nil, nil
if before then
  if #before > 128 or not before:match('^[!-~]+$') then return {'corrupt', now_ms, 'history'} end
  lane, last_tick, slot = whole(found[4], LANES), whole(found[5], TICKS), whole(found[6], SLOTS + 1)
  if not lane then return {'corrupt', now_ms, 'lane'} end
  if not last_tick then return {'corrupt', now_ms, 'tick'} end
  if not slot then return {'corrupt', now_ms, 'slot'} end
  if found[7] or found[8] then
    used, doubt = found[7], whole(found[8], TICKS)
    if not used or #used ~= LANES or not used:match('^[01]+$') then return {'corrupt', now_ms, 'used'} end
    if not doubt then return {'corrupt', now_ms, 'doubt'} end
  end
elseif found[4] or found[5] or found[6] then
  return {'corrupt', now_ms, 'history'}
end

-- The answer, once what it promises is stored; or why it could not be: READONLY, OOM, MISCONF...
local function store(answer, ...)
  local written = redis.pcall('HSET', KEYS[1], ...)
  if type(written) == 'table' then return written end
  return answer
end

-- The last ticks of all lanes, the first lane's at index 1. `last` is written when the lane
-- changes, and `tick` at every grant: so `tick` is the newer one for the present lane.
local function last_ticks()
  local text = redis.pcall('HMGET', KEYS[1], 'last')
  if text.err then return nil, text end
  local last = {}
  for digits in string.gmatch(text[1] or '', '[^ ]+') do
    last[#last + 1] = whole(digits, TICKS) or TICKS
  end
  if #last ~= LANES or math.max(unpack(last)) == TICKS or table.concat(last, ' ') ~= text[1] then
    return nil, {'corrupt', now_ms, 'last'}
  end
  last[lane + 1] = last_tick
  return last
end

-- Whether a lane is known to be used, and what is written once one is.
local function is_used(which)
  return used and used:sub(which + 1, which + 1) == '1'
end
local function with_used(which)
  local all = used or string.rep('0', LANES)
  return all:sub(1, which) .. '1' .. all:sub(which + 2)
end

-- Any lane may have been used up to the last tick of one that nobody wrote down as used.
local function raise_doubt(last)
  doubt = doubt or 0
  for index = 1, LANES do
    if not is_used(index - 1) then doubt = math.max(doubt, last[index]) end
  end
end

-- The first lane of `order` whose last tick is past; else the answer: how long to wait for one.
local function free_lane(last, tick, order)
  local nearest = TICKS
  for _, other in ipairs(order) do
    if last[other + 1] < tick then return other end
    nearest = math.min(nearest, last[other + 1])
  end
  local behind_ms = (nearest - tick + 1) * TICK_MS
  return nil, {behind_ms <= PATIENCE_MS and 'not-yet' or 'behind', now_ms, behind_ms}
end

-- Rule 0: a clock outside the years that 38 bits hold, the fence included, is an error.
local tick = math.floor((now_ms - EPOCH_MS) / TICK_MS)
if tick < 0 or tick + FENCE >= TICKS then return {'out-of-range', now_ms} end

-- A state that knows less than the caller was rewound: somebody put an older one in its place.
local rewound = false
if before == history and seen_lane then
  local known = last_tick
  if seen_lane ~= lane then
    local last, bad = last_ticks()
    if not last then return bad end
    known = last[seen_lane + 1]
  end
  rewound = seen_tick > known or seen_lane == lane and seen_tick == known and seen_slot > slot
end

if before ~= history or rewound then
  -- Rule 4: where the state is missing, of another history or rewound, two clocks must agree.
  if math.abs(now_ms - caller_ms) > SKEW_MS then return {'disagree', now_ms} end
  local spread = tonumber(redis.sha1hex(history):sub(1, 8), 16)
  local fenced = {'not-yet', now_ms, FENCE_MS}
  -- Rule 2: a new history takes another lane, and nothing is granted before the fence.
  if not before then
    -- Lost, or new: any lane may have been used until now.
    local last = {}
    for index = 1, LANES do last[index] = tick + FENCE end
    lane, used = spread % LANES, nil
    return store(fenced, 'history', history, 'lane', lane, 'tick', tick + FENCE, 'slot', 0,
      'last', table.concat(last, ' '), 'used', with_used(lane), 'doubt', tick + FENCE)
  end
  local last, bad = last_ticks()
  if not last then return bad end
  used = with_used(lane)
  if seen_lane then
    -- Others may have seen more of it, up to now.
    last[seen_lane + 1] = math.max(seen_tick, last[seen_lane + 1], tick)
    used = with_used(seen_lane)
  end
  local order = {}
  for k = 0, LANES - 2 do order[k + 1] = (lane + 1 + (spread + k) % (LANES - 1)) % LANES end
  local other, answer = free_lane(last, tick, order)
  if not other then return answer end
  last[other + 1] = tick + FENCE
  -- What the last history granted last may be lost, in whatever lane it was.
  doubt = math.max(doubt or 0, unpack(last))
  return store(fenced, 'history', history, 'lane', other, 'tick', tick + FENCE, 'slot', 0,
    'last', table.concat(last, ' '), 'used', with_used(other), 'doubt', doubt)
end

local last, bad = nil, nil
if tick < last_tick then
  -- Rule 3: a clock that went back a little is waited for; one that went back a lot goes on in a
  -- lane whose last tick is past.
  local behind_ms = (last_tick - tick) * TICK_MS
  if behind_ms <= PATIENCE_MS then return {'not-yet', now_ms, behind_ms} end
  local order, other, answer = {}, nil, nil
  last, bad = last_ticks()
  if not last then return bad end
  for k = 1, LANES - 1 do order[k] = (lane + k) % LANES end
  other, answer = free_lane(last, tick, order)
  if not other then return answer end
  raise_doubt(last)
  used = with_used(lane)
  last[other + 1], lane, slot = tick, other, 0
elseif tick > last_tick then
  slot = 0
elseif slot == SLOTS then
  return {'not-yet', now_ms, TICK_MS - (now_ms - EPOCH_MS) % TICK_MS}
end

-- Rule 1: a grant lies wholly inside the present tick.
local granted = math.min(wanted, SLOTS - slot)
local answer = {'granted', now_ms, lane, tick, slot, granted}
if not last and is_used(lane) then
  return store(answer, 'tick', tick, 'slot', slot + granted)
end

-- Another lane, or one that an older version took.
if not last then
  last, bad = last_ticks()
  if not last then return bad end
  raise_doubt(last)
  last[lane + 1] = tick
end
return store(answer, 'lane', lane, 'tick', tick, 'slot', slot + granted,
  'last', table.concat(last, ' '), 'used', with_used(lane), 'doubt', doubt)
