/// The scripts of the presence store. `KEYS[1]` is `<prefix>:{s12}:p:<user>`, a hash: device -> 8 bytes of session
/// number, 8 bytes of last seen (milliseconds since 1970), 1 where it is online else 0, and then the row.
enum PresenceScripts {
    /// How many offline devices stay, then per change: device, 17 bytes of session, last seen and online, row.
    static let apply = RedisScript(
        MailboxScripts.common + #"""
            local function parts(v)
              if #v < 17 then bad('presence') end
              local high, low, seenHigh, seenLow = struct.unpack('>I4I4I4I4', v)
              return high, low, seenHigh, seenLow, string.byte(v, 17) == 1
            end

            local function isBelow(high, low, otherHigh, otherLow)
              return high < otherHigh or (high == otherHigh and low < otherLow)
            end

            local function forget(max)
              local all = call('HGETALL', S)
              local offline = {}
              for i = 1, #all, 2 do
                local _, _, high, low, online = parts(all[i + 1])
                if not online then offline[#offline + 1] = {all[i], high, low} end
              end
              table.sort(offline, function(a, b) return isBelow(a[2], a[3], b[2], b[3]) end)
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
                local high, low, seenHigh, seenLow = parts(change)
                local seen = string.sub(change, 9, 16)
                if before then
                  local h, l, sh, sl = parts(before)
                  if isBelow(high, low, h, l) then change = nil end
                  if isBelow(seenHigh, seenLow, sh, sl) then seen = string.sub(before, 9, 16) end
                end
                after[device] = change
                  and string.sub(change, 1, 8) .. seen .. string.sub(change, 17, 17) .. row or before
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
