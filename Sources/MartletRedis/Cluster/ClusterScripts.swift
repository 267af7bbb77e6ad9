/// The scripts of the cluster store. Everything lies under one hash tag; `KEYS[1]` is `<prefix>:{cluster}`.
///
/// ```
/// <prefix>:{cluster}    hash: b birth, l leader, t term, u end of the leader's lease, v and e the map's version and
///                       term, w the worker id to look at next
/// <prefix>:{cluster}:n  hash: node -> {1, incarnation, worker, renewed, draining, left, registration, agreed}
/// <prefix>:{cluster}:w  hash: worker id -> last confirmed renewal
/// <prefix>:{cluster}:r  hash: slot -> o (owns) or r (released) and the epoch
/// <prefix>:{cluster}:p  hash: slot -> node that an operator tied it to
/// <prefix>:{cluster}:m  the map
/// <prefix>:{cluster}:c  channel of hints
/// ```
///
/// Times are milliseconds of the server's clock. The *birth* is drawn when the store is first written, so a store that
/// was emptied has another one. Arguments of all: the time where a test says it (else 0), lease, then what the caller
/// knows: birth, map version, term. A store that knows less answers {} and does nothing; see `ClusterMirror`.
enum ClusterScripts {
    static let register = script(writes: true, registering)
    static let renew = script(writes: true, renewing)
    static let end = script(writes: true, ending)
    static let drain = script(writes: true, draining)
    static let report = script(writes: true, reporting)
    static let lead = script(writes: true, leading)
    static let resign = script(writes: true, resigning)
    static let publish = script(writes: true, publishing)
    static let pin = script(writes: true, pinning)
    static let map = script(writes: false, "return {born, call('GET', S .. ':m')}")
    static let snapshot = script(writes: false, reading)
    static let restore = RedisScript(MailboxScripts.common + words + restoring)

    /// The worker ids, and how long one is not given again.
    private static let words = #"""
        local workerCount, workerHold = 1024, 600000
        local now, lease = tonumber(ARGV[1]), tonumber(ARGV[2])
        local time = call('TIME')
        if now == 0 then now = time[1] * 1000 + math.floor(time[2] / 1000) end
        local state = call('HMGET', S, 'b', 'v', 't', 'e')
        local born = state[1] or ''
        local version, term = number(state[2], 0, 'map version'), number(state[3], 0, 'term')
        local mapTerm = number(state[4], 0, 'map term')

        -- Who looks first for a worker id in a new store begins anywhere: an id that somebody still uses, and that was
        -- forgotten with the store, is unlikely to be met.
        local function bear()
          if born ~= '' then return end
          born = time[1] .. '.' .. time[2]
          call('HSET', S, 'b', born, 'w', text((time[1] * 7919 + time[2]) % workerCount))
        end

        local function unpackNode(id, packed)
          local ok, n = pcall(cmsgpack.unpack, packed)
          if not ok or type(n) ~= 'table' or n[1] ~= 1 or type(n[2]) ~= 'string' or type(n[3]) ~= 'number'
            or type(n[4]) ~= 'number' or type(n[7]) ~= 'string' or type(n[8]) ~= 'table' then
            bad('node ' .. id)
          end
          return n
        end

        local function node(id)
          local packed = call('HGET', S .. ':n', id)
          return packed and unpackNode(id, packed)
        end

        local function put(id, n) call('HSET', S .. ':n', id, cmsgpack.pack(n)) end
        local function isLive(n) return n[6] == 0 and now - n[4] < lease end
        local function tell() call('PUBLISH', S .. ':c', '') end

        """#

    private static func script(writes: Bool, _ body: String) -> RedisScript {
        let opening = """
            return guarded(function()
              if (ARGV[3] ~= '' and ARGV[3] ~= born) or tonumber(ARGV[4]) > version
                or tonumber(ARGV[5]) > math.max(term, mapTerm) then return {} end
              \(writes ? "bear()" : "")

            """
        return RedisScript(MailboxScripts.common + words + opening + body + "\nend)")
    }

    /// id, incarnation, registration, settings as names and values in turn -> 0, worker, row | 1 conflict | 2 no worker |
    /// 3, setting, the cluster's value, the node's value.
    private static let registering = #"""
        local id, incarnation = ARGV[6], ARGV[7]
        local names, all, values = {}, {}, call('HGETALL', S .. ':n')
        for i = 1, #values, 2 do
          names[#names + 1] = values[i]
          all[values[i]] = unpackNode(values[i], values[i + 1])
        end
        table.sort(names)
        local known = all[id]
        if known and not isLive(known) then known = nil end
        if known and known[2] ~= incarnation then return {born, 1} end
        local mine, agreed = {}, {}
        for i = 9, #ARGV, 2 do
          mine[ARGV[i]] = ARGV[i + 1]
          agreed[#agreed + 1] = ARGV[i]
          agreed[#agreed + 1] = ARGV[i + 1]
        end
        for _, name in ipairs(names) do
          local other = all[name]
          if name ~= id and isLive(other) then
            for i = 1, #other[8], 2 do
              local value = mine[other[8][i]]
              if value and value ~= other[8][i + 1] then return {born, 3, other[8][i], other[8][i + 1], value} end
            end
          end
        end
        local held, rows = {}, call('HGETALL', S .. ':w')
        for i = 1, #rows, 2 do held[number(rows[i])] = number(rows[i + 1], 0, 'worker') end
        for _, name in ipairs(names) do
          local other = all[name]
          if name ~= id and not isLive(other) and now - (held[other[3]] or 0) >= workerHold then
            call('HDEL', S .. ':n', name)
          end
        end
        local first, worker = number(call('HGET', S, 'w'), 0, 'worker'), nil
        for i = 0, workerCount - 1 do
          local candidate = (first + i) % workerCount
          if not held[candidate] or now - held[candidate] >= workerHold then
            worker = candidate
            break
          end
        end
        if not worker then return {born, 2} end
        local row = {1, incarnation, worker, now, known and known[5] or 0, 0, ARGV[8], agreed}
        put(id, row)
        call('HSET', S .. ':w', text(worker), text(now))
        call('HSET', S, 'w', text((worker + 1) % workerCount))
        tell()
        return {born, 0, cmsgpack.pack(row)}
        """#

    /// id, incarnation, 1 where the store was out of reach -> 1 held, 0 lost. Who could not renew for want of a store
    /// has its lease back, if nobody has its name and its worker id is still its own.
    private static let renewing = #"""
        local n = node(ARGV[6])
        if not n or n[2] ~= ARGV[7] or n[6] ~= 0 then return {born, 0} end
        local isExcused = ARGV[8] == '1' and now - n[4] < workerHold
        if not isLive(n) and not isExcused then return {born, 0} end
        n[4] = now
        put(ARGV[6], n)
        call('HSET', S .. ':w', text(n[3]), text(now))
        return {born, 1}
        """#

    /// id, incarnation.
    private static let ending = #"""
        local n = node(ARGV[6])
        if n and n[2] == ARGV[7] and n[6] == 0 then
          n[6] = 1
          put(ARGV[6], n)
          tell()
        end
        return {born}
        """#

    /// id, 1 or 0 -> whether the node is known.
    private static let draining = #"""
        local n = node(ARGV[6])
        if not n then return {born, 0} end
        if n[5] ~= tonumber(ARGV[7]) then
          n[5] = tonumber(ARGV[7])
          put(ARGV[6], n)
          tell()
        end
        return {born, 1}
        """#

    /// id, incarnation, slots and reports in turn.
    private static let reporting = #"""
        local n = node(ARGV[6])
        if not n or n[2] ~= ARGV[7] then return {born} end
        local isNews = false
        for i = 8, #ARGV, 2 do
          local before = call('HGET', S .. ':r', ARGV[i])
          local epoch = before and number(string.sub(before, 2), 0, 'report') or 0
          if tonumber(string.sub(ARGV[i + 1], 2)) >= epoch and before ~= ARGV[i + 1] then
            call('HSET', S .. ':r', ARGV[i], ARGV[i + 1])
            isNews = true
          end
        end
        if isNews then tell() end
        return {born}
        """#

    /// candidate, milliseconds -> leader, term. The term is never below that of the map.
    private static let leading = #"""
        local row = call('HMGET', S, 'l', 'u')
        local isHeld = row[1] and now < number(row[2], 0, 'lease') and term >= mapTerm
        if isHeld and row[1] ~= ARGV[6] then return {born, row[1], term} end
        if not isHeld then
          term = math.max(term, mapTerm) + 1
          tell()
        end
        call('HSET', S, 'l', ARGV[6], 't', text(term), 'u', text(now + tonumber(ARGV[7])))
        return {born, ARGV[6], term}
        """#

    /// candidate. The term stays, for the next leader's is above it.
    private static let resigning = #"""
        if call('HGET', S, 'l') == ARGV[6] then
          call('HDEL', S, 'l', 'u')
          tell()
        end
        return {born}
        """#

    /// map, its version, term -> 1 published, 0 not.
    private static let publishing = #"""
        local has = call('EXISTS', S .. ':m') == 1
        if tonumber(ARGV[8]) ~= term or (has and version ~= tonumber(ARGV[7]) - 1) then return {born, 0} end
        call('SET', S .. ':m', ARGV[6])
        call('HSET', S, 'v', ARGV[7], 'e', ARGV[8])
        tell()
        return {born, 1}
        """#

    /// slot, node or nothing.
    private static let pinning = #"""
        if ARGV[7] then call('HSET', S .. ':p', ARGV[6], ARGV[7]) else call('HDEL', S .. ':p', ARGV[6]) end
        tell()
        return {born}
        """#

    /// -> time, nodes, workers, reports, pins, map, the highest term, then leader and term while its lease holds.
    private static let reading = #"""
        local row = call('HMGET', S, 'l', 'u')
        local isHeld = row[1] and now < number(row[2], 0, 'lease') and term >= mapTerm
        return {born, now, call('HGETALL', S .. ':n'), call('HGETALL', S .. ':w'), call('HGETALL', S .. ':r'),
          call('HGETALL', S .. ':p'), call('GET', S .. ':m'), math.max(term, mapTerm),
          isHeld and row[1], term}
        """#

    /// time of the mirror, version, term and bytes of its map (version 0: none), term of the leader, then nodes, workers,
    /// reports and pins, each as a count of fields with fields and values in turn. What the store has goes before; who
    /// was alive for the mirror is so for one lease. A leader whose term may have been another's before has to lead anew.
    private static let restoring = #"""
        local position = 8
        local function section()
          local count, from = tonumber(ARGV[position]), position + 1
          position = from + 2 * count
          return from, position - 1
        end

        return guarded(function()
          bear()
          local seen = tonumber(ARGV[3])
          if tonumber(ARGV[4]) > version then
            call('SET', S .. ':m', ARGV[6])
            call('HSET', S, 'v', ARGV[4], 'e', ARGV[5])
          end
          if tonumber(ARGV[7]) >= term then
            call('HSET', S, 't', text(ARGV[7] + 1))
            call('HDEL', S, 'l', 'u')
          end
          local from, to = section()
          for i = from, to, 2 do
            if not node(ARGV[i]) then
              local n = unpackNode(ARGV[i], ARGV[i + 1])
              if n[6] == 0 and seen - n[4] < lease then n[4] = now end
              put(ARGV[i], n)
            end
          end
          from, to = section()
          for i = from, to, 2 do call('HSETNX', S .. ':w', ARGV[i], ARGV[i + 1]) end
          from, to = section()
          for i = from, to, 2 do call('HSETNX', S .. ':r', ARGV[i], ARGV[i + 1]) end
          from, to = section()
          for i = from, to, 2 do call('HSETNX', S .. ':p', ARGV[i], ARGV[i + 1]) end
          tell()
          return {born}
        end)
        """#
}
