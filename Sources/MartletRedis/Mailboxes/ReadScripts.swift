/// What is asked of a slot, each answer from one script call and so of one stored offset. Every answer begins with the
/// stored offset and forwarded.
///
/// Pages end a little behind their limits: `Entry.cost` is known only where an entry is decoded. At most 640 bytes of
/// an entry are not its body.
enum ReadScripts {
    private static let opening = #"""
        local function stored()
          local row = call('HMGET', S, 'o', 'f', 'g')
          return number(row[1], -1, 'offset'), number(row[2], -1, 'forwarded'), number(row[3], 0, 'generation')
        end

        local function mailbox(g, name)
          local prefix = mailboxes(g)
          return open(name, call('HGET', prefix .. 'u', name), prefix)
        end

        local function gathering(maxEntries, maxBytes)
          local list, bytes = {}, 0
          return list, function(v)
            list[#list + 1] = v
            bytes = bytes + math.max(#v - 640, 0) + 128
            return #list <= maxEntries and bytes <= maxBytes
          end
        end

        """#

    /// user, device's cursor field, device's state field -> row, cursor, state.
    static let attach =
        opening + #"""
            return guarded(function()
              local o, f, g = stored()
              local prefix = mailboxes(g)
              return {o, f, call('HGET', prefix .. 'u', ARGV[1]), call('HGET', prefix .. 'c:' .. ARGV[1], ARGV[2]),
                call('HGET', S .. ':d', ARGV[3])}
            end)
            """#

    /// user, after, entries, bytes -> floor, entries.
    static let page =
        opening + #"""
            return guarded(function()
              local o, f, g = stored()
              local b, after = mailbox(g, ARGV[1]), tonumber(ARGV[2])
              local list, add = gathering(tonumber(ARGV[3]), tonumber(ARGV[4]))
              local pos = after <= b.floor and b.base or upTo(b, after) + 1
              local last, goesOn = ending(b) - 1, true
              while goesOn and pos <= last do
                local values = call('LRANGE', b.E, text(pos - b.first), text(pos - b.first + 31))
                if #values == 0 then bad('entries of ' .. b.name) end
                for _, v in ipairs(values) do
                  goesOn = add(v)
                  pos = pos + 1
                  if not goesOn then break end
                end
              end
              return {o, f, b.floor, list}
            end)
            """#

    /// user, conversation, before, entries, bytes -> entries, newest first.
    static let history =
        opening + #"""
            return guarded(function()
              local o, f, g = stored()
              local b, before = mailbox(g, ARGV[1]), tonumber(ARGV[3])
              local list, add = gathering(tonumber(ARGV[4]), tonumber(ARGV[5]))
              local c = conversation(b, ARGV[2])
              local pos = c and newest(b, c, before > 0 and upTo(b, before - 1) or ending(b) - 1)
              while pos and pos >= b.base do
                local v = raw(b, pos)
                if not add(v) then break end
                local _, stepBack = header(b, v)
                if stepBack < 0 then bad('entry of ' .. b.name) end
                pos = stepBack > 0 and pos - stepBack
              end
              return {o, f, list}
            end)
            """#

    /// user, conversation, before -> seq.
    static let headBefore =
        opening + #"""
            return guarded(function()
              local o, f, g = stored()
              local b, before = mailbox(g, ARGV[1]), tonumber(ARGV[3])
              local c = before > 0 and conversation(b, ARGV[2])
              local pos = c and newest(b, c, upTo(b, before - 1))
              return {o, f, pos and at(b, pos) or 0}
            end)
            """#

    /// user, seq -> entry.
    static let entry =
        opening + #"""
            return guarded(function()
              local o, f, g = stored()
              local b, seq = mailbox(g, ARGV[1]), tonumber(ARGV[2])
              local pos = upTo(b, seq)
              local v = pos >= b.base and raw(b, pos)
              return {o, f, v and header(b, v) == seq and v or false}
            end)
            """#

    /// user, conversation -> its row.
    static let conversation =
        opening + #"""
            return guarded(function()
              local o, f, g = stored()
              return {o, f, call('HGET', mailboxes(g) .. 'c:' .. ARGV[1], ARGV[2])}
            end)
            """#

    /// user -> all rows of conversations and cursors. No order is kept among them that a page could be cut from.
    static let conversations =
        opening + #"""
            return guarded(function()
              local o, f, g = stored()
              return {o, f, call('HGETALL', mailboxes(g) .. 'c:' .. ARGV[1])}
            end)
            """#

    /// fields of the decision state -> values.
    static let devices =
        opening + #"""
            return guarded(function()
              local o, f = stored()
              local values = {}
              for from = 1, #ARGV, 2000 do
                local found = call('HMGET', S .. ':d', unpack(ARGV, from, math.min(from + 1999, #ARGV)))
                for i = 1, math.min(2000, #ARGV - from + 1) do values[from + i - 1] = found[i] end
              end
              return {o, f, values}
            end)
            """#

    /// 'd' or 'u', cursor, about how many rows -> what a scan must not see change (epoch, forwarded, generation, fence,
    /// rules), cursor, rows in turn with their fields. A mailbox's row comes as head and floor as of `forwarded`, and
    /// whether receipts are owed.
    static let scan =
        opening + #"""
            local function rowOf(g, forwarded, name, packed)
              local b = open(name, packed, mailboxes(g))
              local head = b.head
              if head > math.max(forwarded, 0) then
                local pos = upTo(b, math.max(forwarded, 0))
                head = math.max(b.removed, pos >= b.base and at(b, pos) or 0)
              end
              return {head, b.floor, b.greatest > b.receipted and 1 or 0}
            end

            return guarded(function()
              local o, f, g = stored()
              local mark = call('HMGET', S, 'e', 'f', 'g', 'n', 'r')
              for i = 1, 5 do mark[i] = mark[i] or '' end
              local isUsers, cursor, wanted = ARGV[1] == 'u', ARGV[2], tonumber(ARGV[3])
              local key = isUsers and mailboxes(g) .. 'u' or S .. ':d'
              local rows = {}
              repeat
                local found = call('HSCAN', key, cursor, 'COUNT', '256')
                cursor = found[1]
                for i = 1, #found[2], 2 do
                  rows[#rows + 1] = found[2][i]
                  rows[#rows + 1] = isUsers and rowOf(g, f, found[2][i], found[2][i + 1]) or found[2][i + 1]
                end
              until cursor == '0' or #rows >= 2 * wanted
              return {o, f, table.concat(mark, '/'), cursor, rows}
            end)
            """#
}
