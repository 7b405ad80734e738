/* counters_script.c - the scripts: small, bounded, and distrustful of what they find. */
#include "policyd/cluster/counters_script.h"

/* Shared by both scripts of counters. A cell that is too long or of no whole entries is empty. */
#define CELLS                                                                                  \
    "local time = redis.call('TIME') "                                                         \
    "local now_ms = time[1] * 1000 + math.floor(time[2] / 1000) "                              \
    "local function cell_of(key, field, size, most) "                                          \
    "  local cell = redis.pcall('HGET', key, field) "                                          \
    "  if type(cell) ~= 'string' or #cell % size ~= 0 or #cell > most * size then return '' "  \
    "end "                                                                                     \
    "  return cell end "                                                                       \
    "local function sum_of(cell, now) "                                                        \
    "  local sum = 0 "                                                                         \
    "  for i = 1, #cell, 11 do "                                                               \
    "    local part, amount = struct.unpack('>I5I6', cell, i) "                                \
    "    if part > now - 61 and part <= now then sum = sum + amount end "                      \
    "  end "                                                                                   \
    "  return sum end "                                                                        \
    "local function members_of(cell, now) "                                                    \
    "  local set, count = {}, 0 "                                                              \
    "  for i = 1, #cell, 13 do "                                                               \
    "    local part = struct.unpack('>I5', cell, i + 8) "                                      \
    "    if part > now - 61 and part <= now then "                                             \
    "      set[string.sub(cell, i, i + 7)] = part count = count + 1 end "                      \
    "  end "                                                                                   \
    "  return set, count end "

struct redis_script counters_read_script = {
    .text =
        CELLS "local out = {} "
              "for k = 1, #KEYS do "
              "  local a = 4 * (k - 1) "
              "  local now = math.floor(now_ms / tonumber(ARGV[a + 3])) "
              "  if ARGV[a + 1] == 'a' then "
              "    out[k] = sum_of(cell_of(KEYS[k], ARGV[a + 2], 11, 61), now) "
              "  else "
              "    local set, count = members_of(cell_of(KEYS[k], ARGV[a + 2], 13, 1000), now) "
              "    local members = ARGV[a + 4] "
              "    for i = 1, #members - 7, 8 do "
              "      if not set[string.sub(members, i, i + 7)] then count = count + 1 end "
              "    end "
              "    out[k] = count "
              "  end "
              "end "
              "return out",
};

/* A full drawer: what is over goes, and where nothing is, the sixteen that count least. */
#define ROOM                                                                                   \
    "local function weight(kind, cell, now) "                                                  \
    "  if kind == 'a' then if #cell % 11 ~= 0 or #cell > 671 then return 0 end "               \
    "    return sum_of(cell, now) end "                                                        \
    "  if #cell % 13 ~= 0 or #cell > 13000 then return 0 end "                                 \
    "  local _, count = members_of(cell, now) return count end "                               \
    "local function make_room(key, kind, now) "                                                \
    "  local length = redis.pcall('HLEN', key) "                                               \
    "  if type(length) ~= 'number' then redis.call('DEL', key) return end "                    \
    "  if length < 128 then return end "                                                       \
    "  if length > 1000 then redis.call('DEL', key) return end "                               \
    "  local all, kept = redis.call('HGETALL', key), {} "                                      \
    "  for i = 1, #all, 2 do "                                                                 \
    "    local w = weight(kind, all[i + 1], now) "                                             \
    "    if w == 0 then redis.call('HDEL', key, all[i]) "                                      \
    "    else kept[#kept + 1] = {w, all[i]} end "                                              \
    "  end "                                                                                   \
    "  if #kept < 128 then return end "                                                        \
    "  table.sort(kept, function(x, y) return x[1] < y[1] end) "                               \
    "  for i = 1, #kept - 112 do redis.call('HDEL', key, kept[i][2]) end end "

#define CHARGE                                                                                 \
    "local function add_amount(cell, now, part, amount) "                                      \
    "  local kept, most = {}, 281474976710655 "                                                \
    "  for i = 1, #cell, 11 do "                                                               \
    "    local p, n = struct.unpack('>I5I6', cell, i) "                                        \
    "    if p > now - 61 and p <= now then "                                                   \
    "      if p == part then amount = amount + n "                                             \
    "      else kept[#kept + 1] = string.sub(cell, i, i + 10) end "                            \
    "    end "                                                                                 \
    "  end "                                                                                   \
    "  kept[#kept + 1] = struct.pack('>I5I6', part, math.min(amount, most)) "                  \
    "  return table.concat(kept) end "                                                         \
    "local function add_member(cell, now, part, member) "                                      \
    "  local kept, is_there = {}, false "                                                      \
    "  for i = 1, #cell, 13 do "                                                               \
    "    local p = struct.unpack('>I5', cell, i + 8) "                                         \
    "    local own = string.sub(cell, i, i + 7) "                                              \
    "    if own == member then p = math.max(p, part) is_there = true end "                     \
    "    if p > now - 61 and p <= now then "                                                   \
    "      kept[#kept + 1] = own .. struct.pack('>I5', p) end "                                \
    "  end "                                                                                   \
    "  if not is_there and #kept < 1000 then "                                                 \
    "    kept[#kept + 1] = member .. struct.pack('>I5', part) end "                            \
    "  return table.concat(kept) end "

struct redis_script counters_charge_script = {
    .text = CELLS ROOM CHARGE
    "local last = redis.pcall('GET', KEYS[1]) "
    "if type(last) == 'string' then "
    "  local boot, seq = string.match(last, '^(%x+) (%d+)$') "
    "  if boot == ARGV[1] and tonumber(seq) >= tonumber(ARGV[2]) then return 0 end "
    "end "
    "redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', 3456000000) "
    "for k = 2, #KEYS do "
    "  local a = 6 * (k - 2) + 3 "
    "  local kind, field, width = ARGV[a + 1], ARGV[a + 2], tonumber(ARGV[a + 3]) "
    "  local now = math.floor(now_ms / width) "
    "  local part = math.floor((now_ms - tonumber(ARGV[a + 4])) / width) "
    "  local size, most = 11, 61 "
    "  if kind == 'm' then size, most = 13, 1000 end "
    "  local is_there = redis.pcall('HEXISTS', KEYS[k], field) "
    "  if part > now - 61 and (is_there == 1 or ARGV[3] == '1') then "
    "    if is_there ~= 1 then make_room(KEYS[k], kind, now) end "
    "    local cell = cell_of(KEYS[k], field, size, most) "
    "    if kind == 'a' then cell = add_amount(cell, now, part, tonumber(ARGV[a + 5])) "
    "    else cell = add_member(cell, now, part, ARGV[a + 6]) end "
    "    redis.call('HSET', KEYS[k], field, cell) "
    "    redis.call('PEXPIRE', KEYS[k], width * 62) "
    "  end "
    "end "
    "return 1",
};

/* Times as u48 ms. tries: when first; passed: when last; networks: when last, then one byte, how many passed. */
struct redis_script greylist_script = {
    .text =
        "local time = redis.call('TIME') "
        "local now = time[1] * 1000 + math.floor(time[2] / 1000) "
        "local op, try, alone, triplet, network = unpack(ARGV) "
        "local try_ms, keep_ms, renew_ms = 21600000, 3024000000, 3600000 "
        "local function get(key, field, size, most) "
        "  local value = redis.pcall('HGET', key, field) "
        "  if type(value) ~= 'string' or #value ~= size then return nil end "
        "  local at, count = struct.unpack('>I6', value), string.byte(value, 7) "
        "  if now - at >= most or at > now + most then return nil end "
        "  return at, count end "
        "local function set(key, field, at, tail, most) "
        "  local done = redis.pcall('HSET', key, field, struct.pack('>I6', at) .. tail) "
        "  if type(done) ~= 'number' then redis.call('DEL', key) return end "
        "  redis.call('PEXPIRE', key, most) end "
        /* Room for one more: what is over goes; then, of what is known, the longest unused. A drawer that was full is not looked through again for a
         * minute: the field `full` says so. */
        "local function make_room(key, size, most, is_known) "
        "  local length = redis.pcall('HLEN', key) "
        "  if type(length) ~= 'number' or length > 1000 then redis.call('DEL', key) return "
        "true "
        "end "
        "  if length < 120 then return true end "
        "  if not is_known and get(key, 'full', 6, 60000) then return false end "
        "  local all, count, first, oldest = redis.call('HGETALL', key), 0, now, nil "
        "  for i = 1, #all, 2 do "
        "    local at = get(key, all[i], size, most) "
        "    if not at or all[i] == 'full' then redis.call('HDEL', key, all[i]) "
        "    else count = count + 1 if at <= first then first, oldest = at, all[i] end end "
        "  end "
        "  if count < 119 then return true end "
        "  if is_known and oldest then redis.call('HDEL', key, oldest) return true end "
        "  set(key, 'full', now, '', most) "
        "  return false end "
        "local function is_crowded() "
        "  local length, count = redis.call('HLEN', KEYS[1]), 0 "
        "  if length < 50 then return false end "
        "  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do "
        "    if string.sub(field, 1, 6) == string.sub(alone, 1, 6) then count = count + 1 end "
        "  end "
        "  return count >= 50 end "
        "local net_at, net_count = get(KEYS[3], network, 7, keep_ms) "
        "local passed_at = get(KEYS[2], triplet, 6, keep_ms) "
        "net_count = net_at and net_count or 0 "
        "if op == 'pass' then "
        "  if net_count >= 5 then "
        "    if now - net_at > renew_ms then set(KEYS[3], network, now, "
        "string.char(net_count), "
        "keep_ms) end "
        "    return 0 end "
        "  if passed_at then "
        "    if now - passed_at > renew_ms then set(KEYS[2], triplet, now, '', keep_ms) end "
        "    return 0 end "
        "  redis.pcall('HDEL', KEYS[1], try) "
        "  make_room(KEYS[2], 6, keep_ms, true) "
        "  set(KEYS[2], triplet, now, '', keep_ms) "
        "  if not net_at then make_room(KEYS[3], 7, keep_ms, true) end "
        "  set(KEYS[3], network, now, string.char(net_count + 1), keep_ms) "
        "  return 0 end "
        "if passed_at or net_count >= 5 then return 3024000 end "
        "local first = get(KEYS[1], try, 6, try_ms) or get(KEYS[1], alone, 6, try_ms) "
        "if first then return math.max(0, math.floor((now - first) / 1000)) end "
        "if op ~= 'try' then return op == 'look' and 0 or -1 end "
        "redis.pcall('HDEL', KEYS[1], try) "
        "if not make_room(KEYS[1], 6, try_ms, false) then return -1 end "
        "set(KEYS[1], is_crowded() and alone or try, now, '', try_ms) "
        "return 0",
};
