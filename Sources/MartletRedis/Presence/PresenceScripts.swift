/// The scripts of the presence store. `KEYS[1]` is `<prefix>:{s12}:p:<user>`, a hash: device -> 8 bytes each of the
/// owner's epoch, session number and last seen (milliseconds since 1970), 1 where it is online else 0, and then the row.
/// All big-endian: epoch and session are compared as one number of 16 bytes.
enum PresenceScripts {
    /// How many offline devices stay, then per change: device, 25 bytes of epoch, session, last seen and online, row.
    static let apply = RedisScript(
        MailboxScripts.common + #"""
            local function parts(v)
              if #v < 25 then bad('presence') end
              return string.sub(v, 1, 16), string.sub(v, 17, 24), string.byte(v, 25) == 1
            end

            -- Word by word: Lua compares strings by the server's locale.
            local function isBelow(a, b)
              for i = 1, #a, 4 do
                local x, y = (struct.unpack('>I4', a, i)), (struct.unpack('>I4', b, i))
                if x ~= y then return x < y end
              end
              return false
            end

            local function forget(max)
              local all = call('HGETALL', S)
              local offline = {}
              for i = 1, #all, 2 do
                local _, seen, online = parts(all[i + 1])
                if not online then offline[#offline + 1] = {all[i], seen} end
              end
              table.sort(offline, function(a, b) return isBelow(a[2], b[2]) end)
              for i = 1, #offline - max do call('HDEL', S, offline[i][1]) end
            end

            return guarded(function()
              local after, order = {}, {}
              for i = 2, #ARGV, 3 do
                local device, change, row = ARGV[i], ARGV[i + 1], ARGV[i + 2]
                local before = after[device]
                if before == nil then
                  before = call('HGET', S, device)
                  order[#order + 1] = device
                end
                local age, seen = parts(change)
                local isNewest = true
                if before then
                  local ageBefore, seenBefore = parts(before)
                  isNewest = not isBelow(age, ageBefore)
                  if isBelow(seen, seenBefore) then seen = seenBefore end
                end
                after[device] = isNewest and age .. seen .. string.sub(change, 25, 25) .. row or before
              end
              local pairs = {}
              for _, device in ipairs(order) do
                pairs[#pairs + 1] = device
                pairs[#pairs + 1] = after[device]
              end
              for from = 1, #pairs, 2000 do
                call('HSET', S, unpack(pairs, from, math.min(from + 1999, #pairs)))
              end
              local max = tonumber(ARGV[1])
              if call('HLEN', S) > max then forget(max) end
              return {}
            end)
            """#)
}
