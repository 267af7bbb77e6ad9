/// The scripts of the mailbox store. `KEYS[1]` is the slot's key; all others are made from it and share its hash tag.
///
/// ```
/// <prefix>:{s12}              hash: e epoch, o offset, f forwarded, n fence, r rules; g generation of the mailboxes,
///                             x oldest generation that is not removed yet, w and t: the sweep's cursor and last second
/// <prefix>:{s12}:n            hash: i<slot> and o<slot>, counts of the decision state
/// <prefix>:{s12}:d            hash: the rest of the decision state
/// <prefix>:{s12}:<g>:u        hash: user -> the mailbox's row
/// <prefix>:{s12}:<g>:e:<user> list: entries, oldest first
/// <prefix>:{s12}:<g>:c:<user> hash: c<peer> -> conversation, d<device> -> cursor
/// ```
///
/// An entry is found by its position: how many entries the mailbox had before it. The row knows the position of the
/// list's first element. See Decision 0012.
enum MailboxScripts {
    static let step = RedisScript(common + StepScript.body)
    static let claim = RedisScript(common + claimBody)
    static let head = RedisScript(common + headBody)
    static let attach = RedisScript(common + ReadScripts.attach)
    static let page = RedisScript(common + ReadScripts.page)
    static let history = RedisScript(common + ReadScripts.history)
    static let headBefore = RedisScript(common + ReadScripts.headBefore)
    static let entry = RedisScript(common + ReadScripts.entry)
    static let conversation = RedisScript(common + ReadScripts.conversation)
    static let conversations = RedisScript(common + ReadScripts.conversations)
    static let devices = RedisScript(common + ReadScripts.devices)
    static let scan = RedisScript(common + ReadScripts.scan)

    /// Words that all scripts use. Errors of the server go on as they are; all others mean that a row is damaged.
    static let common = #"""
        local S = KEYS[1]
        local call = redis.call

        -- Always with a field `err`: Redis 7.0 crashes over an uncaught error that is a table without one.
        local function bad(what) error({err = 'CORRUPT ' .. what}, 0) end

        local function number(text, default, what)
          if not text then return default end
          local n = tonumber(text)
          if not n or n % 1 ~= 0 or n > 9007199254740991 or n < -9007199254740991 then bad(what) end
          return n
        end

        local function text(n) return string.format('%.0f', n) end

        local function guarded(body)
          local ok, answer = pcall(body)
          if ok then return answer end
          local reason = type(answer) == 'table' and answer.err or answer
          reason = string.gsub(tostring(reason), '^%-', '')
          if string.find(reason, '^%u%u%u') and not string.find(reason, '^WRONGTYPE')
            and not string.find(reason, '^ERR') then
            return {err = reason}
          end
          return {err = 'CORRUPT ' .. reason}
        end

        -- A mailbox as of the row `packed`: first is the position of the list's first element, base that of the first
        -- entry that stays, stored the list's length, and fresh holds what this script appends.
        local function open(name, packed, prefix)
          local b = {name = name, E = prefix .. 'e:' .. name, C = prefix .. 'c:' .. name, fresh = {}, convs = {}}
          if not packed then
            b.head, b.floor, b.removed, b.bytes, b.base, b.receipted, b.greatest, b.oldest = 0, 0, 0, 0, 0, 0, 0, 0
          else
            local ok, v, more
            ok, v, b.head, b.floor, b.removed, b.bytes, b.base, b.receipted, b.greatest, b.oldest, more =
              pcall(cmsgpack.unpack, packed)
            if not ok or v ~= 1 or type(b.oldest) ~= 'number' or more ~= nil then bad('mailbox of ' .. name) end
          end
          b.first = b.base
          return b
        end

        local function length(b)
          if not b.stored then b.stored = call('LLEN', b.E) end
          return b.first + b.stored + #b.fresh - b.base
        end

        -- Position behind the last entry.
        local function ending(b) return b.base + length(b) end

        local function header(b, v)
          local ok, nextByte, format, seq, prev, prevConv, stepBack, jump, incoming, seconds =
            pcall(cmsgpack.unpack_limit, v, 8, 0)
          if not ok or format ~= 1 or type(seconds) ~= 'number' then bad('entry of ' .. b.name) end
          return seq, stepBack, jump, incoming, seconds
        end

        local function raw(b, pos)
          length(b)
          local i = pos - b.first
          local v
          if i >= b.stored then v = b.fresh[i - b.stored + 1] else v = call('LINDEX', b.E, text(i)) end
          if not v then bad('entry of ' .. b.name .. ' is missing') end
          return v
        end

        local function at(b, pos) return header(b, raw(b, pos)) end

        -- Position of the newest entry whose seq is at most x; base - 1: none. Steps back from the end, since what is
        -- looked for mostly lies there.
        local function upTo(b, x)
          local low, probe = b.base - 1, ending(b) - 1
          if x >= b.head then return probe end
          local above, stride = nil, 1
          while probe > low and at(b, probe) > x do
            above = probe
            probe = probe - stride
            stride = stride * 2
          end
          if not above then return probe end
          if probe > low then low = probe end
          while above - low > 1 do
            local middle = math.floor((above + low) / 2)
            if at(b, middle) > x then above = middle else low = middle end
          end
          return low
        end

        local function unpackConversation(b, packed)
          local c, ok, v, more = {}
          local readBack, receivedBack, peerReadBack, changedOn, j1, j2, j3
          ok, v, c.last, c.pos, c.place, c.incoming, c.unread, readBack, receivedBack, peerReadBack, changedOn,
            j1, j2, j3, more = pcall(cmsgpack.unpack, packed)
          if not ok or v ~= 1 or type(j3) ~= 'number' or more ~= nil then bad('conversation of ' .. b.name) end
          c.read, c.received, c.peerRead = c.last - readBack, c.last - receivedBack, c.last - peerReadBack
          c.changed = c.last + changedOn
          c.j1 = j1 > 0 and c.pos - j1 + 1 or -1
          c.j2 = j2 > 0 and c.pos - j2 + 1 or -1
          c.j3 = j3 > 0 and c.pos - j3 + 1 or -1
          return c
        end

        local function conversation(b, field)
          local c = b.convs[field]
          if c then return c end
          local packed = call('HGET', b.C, field)
          if not packed then return nil end
          c = unpackConversation(b, packed)
          b.convs[field] = c
          return c
        end

        -- Position of the conversation's newest entry at or before the position `limit`. Each 16th, 256th and 4096th
        -- entry can be jumped to, so that this takes at most some 90 steps.
        local function newest(b, c, limit)
          if limit < b.base then return nil end
          local pos = c.pos
          while pos > limit and pos >= b.base do
            local _, stepBack, jump = at(b, pos)
            if stepBack < 0 or jump < 0 then bad('entry of ' .. b.name) end
            if jump > 0 and pos - jump >= limit then
              pos = pos - jump
            elseif stepBack > 0 then
              pos = pos - stepBack
            else
              return nil
            end
          end
          if pos < b.base then return nil end
          return pos
        end

        local function mailboxes(g) return S .. ':' .. text(g) .. ':' end

        """#

    private static let claimBody = #"""
        return guarded(function()
          local epoch = number(call('HGET', S, 'e'), 0, 'epoch')
          if tonumber(ARGV[1]) <= epoch then return {1, epoch} end
          call('HSET', S, 'e', ARGV[1])
          return {0}
        end)
        """#

    private static let headBody = #"""
        return guarded(function()
          return {call('HMGET', S, 'e', 'o', 'f', 'n', 'r'), call('HGETALL', S .. ':n')}
        end)
        """#
}
