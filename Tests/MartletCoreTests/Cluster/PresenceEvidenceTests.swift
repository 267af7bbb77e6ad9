import Testing

@testable import MartletCore

/// What a stored presence row is worth (guarantee 8), for each state of the evidence.
@Suite struct PresenceEvidenceTests {
    /// What the cluster store says of a node's lease.
    enum LeaseCase: CaseIterable, Sendable {
        /// `justEnded`: within the time that a takeover may take.
        case current, justEnded, ended, left, missing, otherIncarnation
    }

    enum HomeCase: CaseIterable, Sendable { case owner, notOwner, nobodyOwns }
    enum EpochCase: Int64, CaseIterable, Sendable { case lower = -1, equal = 0, higher = 1 }

    private let alice = Key("alice")!
    private let edge = NodeID("edge")!
    private let home = NodeID("home")!
    private let asOf: Int64 = 1_000_000

    private func lease(_ id: NodeID, _ incarnation: UInt64, _ lease: LeaseCase) -> [NodeRow] {
        let over = PresenceEvidence.leaseMilliseconds + PresenceEvidence.takeoverMilliseconds
        let said: (incarnation: UInt64, age: Int64)? =
            switch lease {
            case .current, .left: (incarnation, 1_000)
            case .justEnded: (incarnation, over)
            case .ended: (incarnation, over + 1)
            case .missing: nil
            case .otherIncarnation: (incarnation + 1, 0)
            }
        guard let said else { return [] }
        let registration = NodeRegistration(id: id, incarnation: said.incarnation, linkAddress: "", clientAddress: "")
        return [
            NodeRow(registration: registration, worker: 0, leaseAgeMilliseconds: said.age, left: lease == .left)
        ]
    }

    private func evidence(
        edge edgeLease: LeaseCase = .current, home homeLease: LeaseCase = .current, _ owner: HomeCase = .owner,
        epoch: Epoch = 5, version: UInt64 = 1, at: Int64? = nil, after earlier: PresenceEvidence? = nil
    ) -> PresenceEvidence {
        let owner: NodeID? =
            switch owner {
            case .owner: home
            case .notOwner: edge
            case .nobodyOwns: nil
            }
        let map = ClusterMap(
            version: version, term: 1, nodes: [], slots: [ClusterMap.Assignment(owner: owner, epoch: epoch)])
        let nodes = lease(edge, 1, edgeLease) + lease(home, 2, homeLease)
        return PresenceEvidence(map: map, nodes: nodes, asOf: at ?? asOf, after: earlier)
    }

    /// So long after the look at the store.
    private func now(_ later: Int64 = 0) -> Now { Now(wall: 9_000_000 + later, monotonic: asOf + later) }

    private func record(_ epoch: EpochCase = .equal, device: String = "d") -> PresenceRecord {
        let device = DeviceID(device)!
        return PresenceRecord(
            device: device,
            online: PresenceRow(
                user: alice, device: device, session: 1, edge: edge, edgeIncarnation: 1, home: home,
                homeIncarnation: 2, epoch: UInt64(5 + epoch.rawValue), since: 400), lastSeen: 300)
    }

    @Test(arguments: LeaseCase.allCases, LeaseCase.allCases)
    func everyStateOfTheEvidence(edgeLease: LeaseCase, homeLease: LeaseCase) {
        for owner in HomeCase.allCases {
            for epoch in EpochCase.allCases {
                let answer = evidence(edge: edgeLease, home: homeLease, owner)
                    .presence(of: alice, [record(epoch)], now: now())
                let isHeard = [.current, .justEnded, .left].contains(homeLease)
                let isCurrent = isHeard && owner == .owner && epoch != .lower
                let expected: DevicePresence.State =
                    edgeLease != .current ? .offline : isCurrent ? .online : .unknown
                #expect(answer.state == expected, "edge \(edgeLease), home \(homeLease), \(owner), epoch \(epoch)")
                #expect(answer.devices[0].state == expected)
            }
        }
    }

    /// A lease ends when the store says so. Here it was seen alive, and only the look at it is getting old.
    @Test func evidenceThatAgesTurnsToUnknownAndNeverToOffline() {
        let answers = [0, 1_999, 2_000, 2_001, 5_000, 9_999, 10_001, 1 << 40].map {
            evidence().presence(of: alice, [record()], now: now($0)).state
        }
        #expect(answers == [.online, .online, .online, .unknown, .unknown, .unknown, .unknown, .unknown])
    }

    @Test func aLeaseThatHadEndedStaysSoUntilTheEvidenceIsStale() {
        #expect(evidence(edge: .ended).presence(of: alice, [record()], now: now(9_999)).state == .offline)
        #expect(evidence(edge: .ended).presence(of: alice, [record()], now: now(10_001)).state == .unknown)
        #expect(evidence(edge: .missing).presence(of: alice, [record()], now: now(10_001)).state == .unknown)
    }

    @Test func anOrderlyEndNeedsNoEvidence() {
        let record = PresenceRecord(device: DeviceID("d")!, online: nil, lastSeen: 300)
        let answer = evidence().presence(of: alice, [record], now: now(1 << 40))
        #expect(answer.state == .offline)
        #expect(answer.lastSeen == 300)
        #expect(answer.devices[0].since == 300)
        #expect(answer.devices[0].edge.isEmpty)
    }

    @Test func theEvidenceIsSaid() {
        let device = evidence().presence(of: alice, [record()], now: now(500)).devices[0]
        #expect(device.edge == "edge")
        #expect(device.home == "home")
        #expect(device.epoch == 5)
        #expect(device.leaseAgeMilliseconds == 1_500)
        #expect(device.since == 400)
        #expect(device.lastSeen == 9_000_500)
    }

    @Test func oneDeviceOnlineMakesTheUserOnline() {
        let gone = PresenceRecord(device: DeviceID("a")!, online: nil, lastSeen: 800)
        let answer = evidence().presence(
            of: alice, [gone, record(.lower, device: "b"), record(device: "c")], now: now())
        #expect(answer.state == .online)
        #expect(answer.devices.map(\.state) == [.offline, .unknown, .online])
        #expect(evidence().presence(of: alice, [gone, record(.lower)], now: now()).state == .unknown)
        #expect(evidence().presence(of: alice, [gone], now: now()).state == .offline)
        #expect(evidence().presence(of: alice, [], now: now()).state == .offline)
        #expect(evidence().presence(of: alice, [], now: now()).asOf == 9_000_000)
    }

    // MARK: hand-offs

    /// The slot was the home's under epoch 5, and at `at` another owner under epoch 6 was seen.
    private func handedOff(home lease: LeaseCase = .current, at: Int64 = 1_000_000) -> PresenceEvidence {
        evidence(home: lease, .notOwner, epoch: 6, version: 2, at: at, after: evidence())
    }

    @Test func aSessionStaysOnlineWhileItsSlotChangesHands() {
        let answers = [0, 1_999, 2_000].map { handedOff().presence(of: alice, [record()], now: now($0)).state }
        #expect(answers == [.online, .online, .online])
        // Whoever did not see the change knows nothing of the owner before.
        let fresh = evidence(.notOwner, epoch: 6).presence(of: alice, [record()], now: now())
        #expect(fresh.state == .unknown)
        // Placed by somebody who was not the owner before either.
        #expect(handedOff().presence(of: alice, [record(.lower)], now: now()).state == .unknown)
    }

    @Test(arguments: LeaseCase.allCases)
    func theOwnerBeforeVouchesWhileItWasHeardOf(lease: LeaseCase) {
        let isHeard = [.current, .justEnded, .left].contains(lease)
        let answer = handedOff(home: lease).presence(of: alice, [record()], now: now())
        #expect(answer.state == (isHeard ? .online : .unknown), "home \(lease)")
    }

    /// An end that reached neither owner is told to nobody: the row stands a lease longer, and no more.
    @Test func theOwnerBeforeVouchesForALeaseAtMost() {
        var seen = handedOff()
        var answers: [DevicePresence.State] = []
        for second in stride(from: Int64(0), through: 4_000, by: 1_000) {
            // The store is looked at again each second: leases are fresh, and the map is the same.
            seen = evidence(.notOwner, epoch: 6, version: 2, at: asOf + second, after: seen)
            answers.append(seen.presence(of: alice, [record()], now: now(second)).state)
        }
        #expect(answers == [.online, .online, .online, .online, .unknown])
    }

    @Test func anEdgeThatEndsInAHandOffIsOffline() {
        let gone = evidence(edge: .ended, .notOwner, epoch: 6, version: 2, after: evidence())
        #expect(gone.presence(of: alice, [record()], now: now()).state == .offline)
    }

    @Test func aSlotWithoutAnOwnerIsChangingHandsToo() {
        let unowned = evidence(.nobodyOwns, version: 2, after: evidence())
        #expect(unowned.presence(of: alice, [record()], now: now()).state == .online)
    }
}
