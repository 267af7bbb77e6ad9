import MartletCore
import Testing

@testable import MartletGateway

/// What a stored presence row is worth (guarantee 8), for each state of the evidence.
@Suite struct PresenceEvidenceTests {
    /// What the cluster store says of a node's lease.
    enum LeaseCase: CaseIterable, Sendable {
        case current, ended, missing, otherIncarnation
    }

    enum HomeCase: CaseIterable, Sendable { case owner, notOwner, nobodyOwns }
    enum EpochCase: Int64, CaseIterable, Sendable { case lower = -1, equal = 0, higher = 1 }

    private let alice = Key("alice")!
    private let edge = NodeID("edge")!
    private let home = NodeID("home")!
    private let asOf: Int64 = 1_000_000

    private func lease(_ id: NodeID, _ incarnation: UInt64, _ lease: LeaseCase) -> [NodeRow] {
        let said: (incarnation: UInt64, age: Int64)? =
            switch lease {
            case .current: (incarnation, 1_000)
            case .ended: (incarnation, PresenceEvidence.leaseMilliseconds + 1)
            case .missing: nil
            case .otherIncarnation: (incarnation + 1, 0)
            }
        guard let said else { return [] }
        let registration = NodeRegistration(id: id, incarnation: said.incarnation, linkAddress: "", clientAddress: "")
        return [NodeRow(registration: registration, worker: 0, leaseAgeMilliseconds: said.age)]
    }

    private func evidence(
        edge edgeLease: LeaseCase = .current, home homeLease: LeaseCase = .current, _ owner: HomeCase = .owner,
        later: Int64 = 0
    ) -> PresenceEvidence {
        let owner: NodeID? =
            switch owner {
            case .owner: home
            case .notOwner: edge
            case .nobodyOwns: nil
            }
        let map = ClusterMap(
            version: 1, term: 1, nodes: [], slots: [ClusterMap.Assignment(owner: owner, epoch: 5)])
        let nodes = lease(edge, 1, edgeLease) + lease(home, 2, homeLease)
        let table = RoutingTable(map: map, me: edge, loops: 1, nodes: nodes, asOf: asOf)
        return PresenceEvidence(table: table, now: Now(wall: 9_000_000 + later, monotonic: asOf + later))
    }

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
                let answer = evidence(edge: edgeLease, home: homeLease, owner).presence(of: alice, [record(epoch)])
                let isCurrent = homeLease == .current && owner == .owner && epoch != .lower
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
            evidence(later: $0).presence(of: alice, [record()]).state
        }
        #expect(answers == [.online, .online, .online, .unknown, .unknown, .unknown, .unknown, .unknown])
    }

    @Test func aLeaseThatHadEndedStaysSoUntilTheEvidenceIsStale() {
        #expect(evidence(edge: .ended, later: 9_999).presence(of: alice, [record()]).state == .offline)
        #expect(evidence(edge: .ended, later: 10_001).presence(of: alice, [record()]).state == .unknown)
        #expect(evidence(edge: .missing, later: 10_001).presence(of: alice, [record()]).state == .unknown)
    }

    @Test func anOrderlyEndNeedsNoEvidence() {
        let record = PresenceRecord(device: DeviceID("d")!, online: nil, lastSeen: 300)
        let answer = evidence(later: 1 << 40).presence(of: alice, [record])
        #expect(answer.state == .offline)
        #expect(answer.lastSeen == 300)
        #expect(answer.devices[0].since == 300)
        #expect(answer.devices[0].edge.isEmpty)
    }

    @Test func theEvidenceIsSaid() {
        let device = evidence(later: 500).presence(of: alice, [record()]).devices[0]
        #expect(device.edge == "edge")
        #expect(device.home == "home")
        #expect(device.epoch == 5)
        #expect(device.leaseAgeMilliseconds == 1_500)
        #expect(device.since == 400)
        #expect(device.lastSeen == 9_000_500)
    }

    @Test func oneDeviceOnlineMakesTheUserOnline() {
        let gone = PresenceRecord(device: DeviceID("a")!, online: nil, lastSeen: 800)
        let answer = evidence().presence(of: alice, [gone, record(.lower, device: "b"), record(device: "c")])
        #expect(answer.state == .online)
        #expect(answer.devices.map(\.state) == [.offline, .unknown, .online])
        #expect(evidence().presence(of: alice, [gone, record(.lower)]).state == .unknown)
        #expect(evidence().presence(of: alice, [gone]).state == .offline)
        #expect(evidence().presence(of: alice, []).state == .offline)
        #expect(evidence().presence(of: alice, []).asOf == 9_000_000)
    }
}
