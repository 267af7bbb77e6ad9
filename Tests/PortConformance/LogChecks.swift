import MartletCore
import Synchronization

extension ConformanceCheck {
    static let logChecks = [
        ConformanceCheck("log: offsets are dense from 0 in each slot") { subject in
            for slot in [Slot(0), Slot(7)] {
                try expectEqual(await subject.log.append(numbers: 0..<3, to: slot), (0..<3).map { .written($0) })
                try expectEqual(await subject.log.append(numbers: 3..<5, to: slot), (3..<5).map { .written($0) })
                try expectEqual(try await subject.log.bounds(of: slot), LogBounds(start: 0, end: 5))
            }
        },
        ConformanceCheck("log: appends of one caller keep their order") { subject in
            let slot = Slot(1)
            for number in 0..<500 {
                subject.log.append([[UInt8(number >> 8), UInt8(number & 0xFF)]], to: slot) { _ in }
            }
            let records = try await subject.log.records(of: slot, from: 0, count: 500)
            try expectEqual(records.map(\.offset), (0..<500).map { Offset($0) })
            try expectEqual(records.map { Int($0.bytes[0]) << 8 | Int($0.bytes[1]) }, Array(0..<500))
        },
        ConformanceCheck("log: a reader waits for the next record") { subject in
            let reader = subject.log.reader(of: Slot(2), from: 0)
            async let answer = reader.next()
            await subject.log.append(numbers: 0..<1, to: Slot(2))
            try expectEqual(await answer, .records([LoggedRecord(offset: 0, bytes: [0, 0])], end: 1))
            async let more = reader.next()
            await subject.log.append(numbers: 1..<2, to: Slot(2))
            try expectEqual(await more, .records([LoggedRecord(offset: 1, bytes: [0, 1])], end: 2))
        },
        ConformanceCheck("log: a reader beyond the end waits until the log gets there") { subject in
            let reader = subject.log.reader(of: Slot(2), from: 2)
            async let answer = reader.next()
            await subject.log.append(numbers: 0..<2, to: Slot(2))
            await subject.log.append(numbers: 2..<3, to: Slot(2))
            try expectEqual(await answer, .records([LoggedRecord(offset: 2, bytes: [0, 2])], end: 3))
        },
        ConformanceCheck("log: pages keep to their limits and give at least one record") { subject in
            let slot = Slot(3)
            _ = await subject.log.append([[UInt8](repeating: 1, count: 100)] + (0..<9).map { [UInt8($0)] }, to: slot)
            let reader = subject.log.reader(of: slot, from: 0)
            let sizes = try await [(100, 10), (3, 1_000), (1_000, 2), (1_000, 1_000)].asyncMap { maxRecords, maxBytes in
                guard
                    case .records(let records, let end) = await reader.next(maxRecords: maxRecords, maxBytes: maxBytes)
                else { throw ConformanceFailure(description: "no records") }
                try expectEqual(end, 10)
                return records.count
            }
            try expectEqual(sizes, [1, 3, 2, 4])
        },
        ConformanceCheck("log: several readers of a slot each read all of it") { subject in
            let slot = Slot(4)
            async let one = subject.log.records(of: slot, from: 0, count: 50)
            async let two = subject.log.records(of: slot, from: 0, count: 50)
            for start in stride(from: 0, to: 50, by: 5) {
                await subject.log.append(numbers: start..<start + 5, to: slot)
            }
            let (first, second) = try await (one, two)
            try expectEqual(first, second)
            try expectEqual(first.map(\.offset), (0..<50).map { Offset($0) })
        },
        ConformanceCheck("log: a cancelled reader is not called again") { subject in
            let slot = Slot(5), called = Atomic(false), reader = subject.log.reader(of: slot, from: 0)
            reader.next(maxRecords: 1, maxBytes: 1) { _ in called.store(true, ordering: .relaxed) }
            reader.cancel()
            await subject.log.append(numbers: 0..<1, to: slot)
            _ = try await subject.log.records(of: slot, from: 0, count: 1)
            _ = try await subject.log.bounds(of: slot)
            try expect(!called.load(ordering: .relaxed), "a cancelled reader was called")
        },
        ConformanceCheck("log: what was trimmed is told, never skipped") { subject in
            let slot = Slot(6)
            for start in stride(from: 0, to: 200, by: 50) {
                await subject.log.append(numbers: start..<start + 50, to: slot)
                subject.advance(milliseconds: 1_000)
            }
            let early = subject.log.reader(of: slot, from: 0)
            subject.log.allowTrim(of: slot, before: 170)
            await subject.trimNow()
            let bounds = try await subject.log.bounds(of: slot)
            try expect(bounds.start > 0 && bounds.start <= 170 && bounds.end == 200, "trimmed to \(bounds)")
            try expectEqual(await early.next(), .trimmed(start: bounds.start))
            let kept = try await subject.log.records(of: slot, from: bounds.start, count: Int(200 - bounds.start))
            try expectEqual(kept.first?.offset, bounds.start)
            try expectEqual(await subject.log.append(numbers: 200..<201, to: slot), [.written(200)])
        },
        ConformanceCheck("log: nothing is trimmed that is not allowed") { subject in
            let slot = Slot(6)
            for start in stride(from: 0, to: 200, by: 50) {
                await subject.log.append(numbers: start..<start + 50, to: slot)
                subject.advance(milliseconds: 1_000)
            }
            await subject.trimNow()
            try expectEqual(try await subject.log.bounds(of: slot), LogBounds(start: 0, end: 200))
        },
    ]

    static let logFaultChecks = [
        ConformanceCheck("log: a failed append is not in the log, and later ones are") { subject in
            let slot = Slot(0)
            subject.onAppends([nil, .fail])
            await subject.log.append(numbers: 0..<1, to: slot)
            let failed = await subject.log.append(numbers: 1..<3, to: slot)
            try expect(failed.allSatisfy { if case .failed = $0 { true } else { false } }, "\(failed)")
            try expectEqual(await subject.log.append(numbers: 3..<4, to: slot).count, 1)
            let records = try await subject.log.records(of: slot, from: 0, count: 2)
            try expectEqual(records.map(\.bytes), [[0, 0], [0, 3]])
        },
        ConformanceCheck("log: an append of unknown outcome is there whole or not at all") { subject in
            for (index, fault) in [ConformanceFault.unknownLanded, .unknownLost].enumerated() {
                let slot = Slot(index)
                subject.onAppends([fault])
                try expectEqual(await subject.log.append(numbers: 0..<3, to: slot), [.unknown, .unknown, .unknown])
                await subject.log.append(numbers: 3..<4, to: slot)
                let count = Int(try await subject.log.bounds(of: slot).end)
                let records = try await subject.log.records(of: slot, from: 0, count: count)
                let numbers = records.filter { !$0.bytes.isEmpty }.map { Int($0.bytes[1]) }
                try expectEqual(numbers, fault == .unknownLanded ? [0, 1, 2, 3] : [3])
                try expectEqual(records.map(\.offset), (0..<count).map { Offset($0) })
            }
        },
        ConformanceCheck("log: an append that was lost though reported is not read") { subject in
            let slot = Slot(0)
            subject.onAppends([.drop])
            let outcomes = await subject.log.append(numbers: 0..<1, to: slot)
            try expect(outcomes.allSatisfy { if case .written = $0 { true } else { false } }, "\(outcomes)")
            await subject.log.append(numbers: 1..<2, to: slot)
            let records = try await subject.log.records(of: slot, from: 0, count: 1)
            try expectEqual(records.map(\.bytes), [[0, 1]])
        },
    ]
}

extension Sequence {
    func asyncMap<T>(_ transform: (Element) async throws -> T) async throws -> [T] {
        var results: [T] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
