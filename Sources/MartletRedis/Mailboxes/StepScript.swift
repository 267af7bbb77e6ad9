/// The fenced atomic step (design, section 3, rule 7): first everything is read and decided in memory, then written, so
/// that a damaged row or a server that refuses to write leaves all as it was.
///
/// Answers {0}: applied; {1, epoch}: deposed; {2, offset, forwarded}: unexpected.
enum StepScript {
    /// `ARGV[1]`: see `StepArguments`.
    static let body = reading + operations + retention + writing + main

    /// Users of the step, their rows, and what each operation needs of them.
    private static let reading = #"""
        local epoch, expectedOffset, expectedForwarded, offset, forwarded, installs, fence, rules, counts, sets,
          removals, users, maxEntries, maxBytes, maxSeconds, clock = unpack(cmsgpack.unpack(ARGV[1]))
        local prefix, boxes = nil, {}

        local function openAll(isEmpty)
          for from = 1, #users, 512 do
            local names = {}
            for i = from, math.min(from + 511, #users) do names[#names + 1] = users[i][1] end
            local rows = isEmpty and {} or call('HMGET', prefix .. 'u', unpack(names))
            for i, name in ipairs(names) do boxes[from + i - 1] = open(name, rows[i], prefix) end
          end
        end

        """#

    /// Kinds: 1 append (conversation, seq, seconds, counts, bytes), 2 read (conversation, seq, at), 3 receipt
    /// (conversation, received, read, at), 4 cursor (device, seq, seconds), 5 receipted (seq), 6 trimmed (head, floor).
    private static let operations = #"""
        local function append(b, field, seq, seconds, counts, bytes)
          if seq <= b.head then bad('mailbox of ' .. b.name .. ' is ahead of its slot') end
          local c = conversation(b, field)
          if not c then
            c = {last = 0, pos = -1, place = 0, incoming = 0, unread = 0, read = 0, received = 0, peerRead = 0,
              changed = 0, j1 = -1, j2 = -1, j3 = -1}
            b.convs[field] = c
          end
          local pos = ending(b)
          local place = c.place + 1
          local jump = place % 16 ~= 0 and c.j1 or place % 256 ~= 0 and c.j2 or c.j3
          if counts == 1 then
            c.incoming = c.incoming + 1
            c.unread = seq <= c.read and 0 or c.unread + 1
          end
          local v = cmsgpack.pack(1, seq, seq - b.head, seq - c.last, c.pos >= 0 and pos - c.pos or 0,
            jump >= 0 and pos - jump or 0, c.incoming, seconds) .. bytes
          b.fresh[#b.fresh + 1] = v
          b.oldest = length(b) == 1 and seconds or math.min(b.oldest, seconds)
          b.head, b.bytes = seq, b.bytes + #v
          c.last, c.pos, c.place, c.changed, c.isChanged = seq, pos, place, math.max(c.changed, seq), true
          if place % 16 == 0 then c.j1 = pos end
          if place % 256 == 0 then c.j2 = pos end
          if place % 4096 == 0 then c.j3 = pos end
          b.isChanged = true
        end

        local function read(b, field, seq, changedAt)
          local c = conversation(b, field)
          if not c or seq <= c.read then return end
          c.read, c.changed, c.isChanged = seq, math.max(c.changed, changedAt), true
          local incoming = c.incoming
          if seq < c.last then
            local pos = newest(b, c, upTo(b, seq))
            incoming = pos and select(4, at(b, pos)) or 0
          end
          c.unread = math.min(c.unread, math.max(c.incoming - incoming, 0))
        end

        local function receipt(b, field, received, peerRead, changedAt)
          local c = conversation(b, field)
          if not c or (received <= c.received and peerRead <= c.peerRead) then return end
          c.received, c.peerRead = math.max(c.received, received), math.max(c.peerRead, peerRead)
          c.changed, c.isChanged = math.max(c.changed, changedAt), true
        end

        local function cursor(b, field, seq, seen)
          b.cursors = b.cursors or {}
          local row = b.cursors[field]
          if not row then
            row = {0, 0}
            local packed = call('HGET', b.C, field)
            if packed then
              local ok, v, a, s, more = pcall(cmsgpack.unpack, packed)
              if not ok or v ~= 1 or type(s) ~= 'number' or more ~= nil then bad('cursor of ' .. b.name) end
              row = {a, s}
            end
            b.cursors[field] = row
          end
          row[1], row[2] = math.max(row[1], seq), math.max(row[2], seen)
          b.greatest, b.isChanged = math.max(b.greatest, seq), true
        end

        -- Takes out everything before the position `pos`.
        local function drop(b, pos)
          if pos <= b.base then return end
          local last = at(b, pos - 1)
          if pos == ending(b) then
            b.bytes, b.oldest = 0, 0
          else
            local stored = math.min(pos, b.first + b.stored) - b.base
            for from = 0, stored - 1, 64 do
              local index = b.base - b.first + from
              local values = call('LRANGE', b.E, text(index), text(index + math.min(64, stored - from) - 1))
              for _, v in ipairs(values) do b.bytes = b.bytes - #v end
            end
            for i = 1, pos - b.first - b.stored do
              if b.first + b.stored + i - 1 >= b.base then b.bytes = b.bytes - #b.fresh[i] end
            end
            b.oldest = select(5, at(b, pos))
          end
          b.base, b.isChanged = pos, true
          b.removed, b.floor = math.max(b.removed, last), math.max(b.floor, last)
        end

        local function trimmed(b, head, floor)
          if floor > b.floor then
            drop(b, upTo(b, floor) + 1)
            b.floor = floor
          end
          b.removed, b.head, b.isChanged = math.max(b.removed, head), math.max(b.head, head), true
        end

        local function operate(b, list)
          local i, n = 1, #list
          while i <= n do
            local kind = list[i]
            if kind == 1 then
              append(b, list[i + 1], list[i + 2], list[i + 3], list[i + 4], list[i + 5])
              i = i + 6
            elseif kind == 2 then
              read(b, list[i + 1], list[i + 2], list[i + 3])
              i = i + 4
            elseif kind == 3 then
              receipt(b, list[i + 1], list[i + 2], list[i + 3], list[i + 4])
              i = i + 5
            elseif kind == 4 then
              cursor(b, list[i + 1], list[i + 2], list[i + 3])
              i = i + 4
            elseif kind == 5 then
              b.receipted, b.isChanged = math.max(b.receipted, list[i + 1]), true
              i = i + 2
            else
              trimmed(b, list[i + 1], list[i + 2])
              i = i + 3
            end
          end
        end

        """#

    /// By count at least 64 at a time; by bytes until it fits; by age when something is older by a 256th of the age,
    /// so that a mailbox with a steady flow is not looked at with every entry.
    private static let retention = #"""
        local now = nil

        local function seconds()
          if not now then now = clock > 0 and math.floor(clock / 1000) or tonumber(call('TIME')[1]) end
          return now
        end

        local function expire(b)
          local cutoff = seconds() - maxSeconds
          if b.oldest >= cutoff - math.floor(maxSeconds / 256) or length(b) == 0 then return end
          local pos, limit = b.base, math.min(b.base + 128, ending(b))
          while pos < limit and select(5, at(b, pos)) < cutoff do pos = pos + 1 end
          drop(b, pos)
        end

        local function retain(b)
          if #b.fresh == 0 then return end
          local surplus = length(b) - maxEntries
          if surplus >= 64 then drop(b, b.base + surplus) end
          for _ = 1, 64 do
            if b.bytes <= maxBytes or length(b) <= 1 then break end
            drop(b, b.base + math.min(64, length(b) - 1))
          end
          if length(b) > 0 then expire(b) end
        end

        """#

    private static let writing = #"""
        local function putAll(key, pairs)
          for from = 1, #pairs, 2000 do
            call('HSET', key, unpack(pairs, from, math.min(from + 1999, #pairs)))
          end
        end

        local function putEntries(b)
          local gone = b.base - b.first
          if gone > 0 then
            if gone >= b.stored then call('UNLINK', b.E) else call('LTRIM', b.E, text(gone), '-1') end
          end
          local from = 1
          if gone > b.stored then from = gone - b.stored + 1 end
          for i = from, #b.fresh, 1000 do
            call('RPUSH', b.E, unpack(b.fresh, i, math.min(i + 999, #b.fresh)))
          end
        end

        local function offsetBack(c, j) return j >= 0 and c.pos - j + 1 or 0 end

        local function put(b, rows)
          if b.stored then putEntries(b) end
          local fields = {}
          for field, c in pairs(b.convs) do
            if c.isChanged then
              fields[#fields + 1] = field
              fields[#fields + 1] = cmsgpack.pack(1, c.last, c.pos, c.place, c.incoming, c.unread, c.last - c.read,
                c.last - c.received, c.last - c.peerRead, c.changed - c.last, offsetBack(c, c.j1),
                offsetBack(c, c.j2), offsetBack(c, c.j3))
            end
          end
          for field, row in pairs(b.cursors or {}) do
            fields[#fields + 1] = field
            fields[#fields + 1] = cmsgpack.pack(1, row[1], row[2])
          end
          putAll(b.C, fields)
          if b.isChanged then
            rows[#rows + 1] = b.name
            rows[#rows + 1] = cmsgpack.pack(1, b.head, b.floor, b.removed, b.bytes, b.base, b.receipted, b.greatest,
              b.oldest)
          end
        end

        local function putState()
          if installs == 1 then
            call('UNLINK', S .. ':n', S .. ':d')
            call('HDEL', S, 'n', 'r')
          end
          putAll(S .. ':n', counts)
          putAll(S .. ':d', sets)
          for from = 1, #removals, 2000 do
            call('HDEL', S .. ':d', unpack(removals, from, math.min(from + 1999, #removals)))
          end
          if fence >= 0 then call('HSET', S, 'n', text(fence), 'r', text(rules)) end
        end

        -- Removes some mailboxes of a generation that an installed checkpoint replaced.
        local function clear(g, oldest)
          local old = mailboxes(oldest)
          local found = call('HSCAN', old .. 'u', '0', 'COUNT', '32')[2]
          local last = math.min(#found, 512)
          for i = 1, last, 2 do
            call('UNLINK', old .. 'e:' .. found[i], old .. 'c:' .. found[i])
            call('HDEL', old .. 'u', found[i])
          end
          if #found > 0 then return end
          if oldest + 1 >= g then call('HDEL', S, 'x') else call('HSET', S, 'x', text(oldest + 1)) end
        end

        -- Retention by age of mailboxes that get nothing new: some of them each second.
        local function sweep(position)
          local found = call('HSCAN', prefix .. 'u', position or '0', 'COUNT', '32')
          local rows = {}
          for i = 1, math.min(#found[2], 1024), 2 do
            local b = open(found[2][i], found[2][i + 1], prefix)
            if b.oldest > 0 and b.oldest < seconds() - maxSeconds then
              expire(b)
              if b.isChanged then put(b, rows) end
            end
          end
          putAll(prefix .. 'u', rows)
          call('HSET', S, 'w', found[1], 't', text(seconds()))
        end

        """#

    private static let main = #"""
        return guarded(function()
          local row = call('HMGET', S, 'e', 'o', 'f', 'g', 'x', 't', 'w')
          local storedEpoch = number(row[1], 0, 'epoch')
          local storedOffset, storedForwarded = number(row[2], -1, 'offset'), number(row[3], -1, 'forwarded')
          if epoch < storedEpoch then return {1, storedEpoch} end
          if epoch ~= storedEpoch or expectedOffset ~= storedOffset or expectedForwarded ~= storedForwarded then
            return {2, storedOffset, storedForwarded}
          end
          local g, oldest = number(row[4], 0, 'generation'), number(row[5], nil, 'generation')
          local swept = number(row[6], 0, 'sweep')
          prefix = mailboxes(g)
          local empties = installs == 1 and offset > storedOffset and call('EXISTS', prefix .. 'u') == 1
          if empties then
            oldest = oldest or g
            g = g + 1
            prefix = mailboxes(g)
          end
          openAll(empties)
          for i, b in ipairs(boxes) do
            operate(b, users[i][2])
            retain(b)
          end
          if #counts > 0 then call('HLEN', S .. ':n') end
          if #sets + #removals > 0 then call('HLEN', S .. ':d') end
          call('HSET', S, 'o', text(offset), 'f', text(forwarded))
          if empties then call('HSET', S, 'g', text(g), 'x', text(oldest)) end
          local rows = {}
          for _, b in ipairs(boxes) do put(b, rows) end
          putAll(prefix .. 'u', rows)
          putState()
          if oldest then clear(g, oldest) end
          if seconds() ~= swept then pcall(sweep, row[7]) end
          return {0}
        end)
        """#
}
