import MartletCore
import Testing

@testable import MartletGateway

/// What a gateway refuses to start with.
@Suite struct GatewayConfigurationTests {
    static let strong = Array("8f1c7e29b4d05a638f1c7e29b4d05a63".utf8)

    private func refusal(_ change: (inout GatewayConfiguration) -> Void) -> String? {
        var configuration = GatewayConfiguration(
            id: NodeID("n")!, linkSecret: Self.strong.reversed(), tokenSecret: Self.strong)
        change(&configuration)
        do throws(GatewayError) {
            try configuration.check()
            return nil
        } catch {
            return error.description
        }
    }

    @Test func theDefaultsAreSound() { #expect(refusal { _ in } == nil) }

    @Test(arguments: [
        "", "short", "8f1c7e29b4d05a638f1c7e29b4d05a6", "secretsecretsecretsecretsecretsecret",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ])
    func weakSecretsAreRefused(secret: String) {
        let bytes = Array(secret.utf8)
        #expect(refusal { $0.tokenSecret = bytes }?.contains("token secret") == true)
        #expect(refusal { $0.linkSecret = bytes }?.contains("link secret") == true)
    }

    @Test func developmentTakesWeakSecretsButNoEmptyOnes() {
        #expect(refusal { ($0.allowsWeakSecrets, $0.tokenSecret, $0.linkSecret) = (true, [1], [2]) } == nil)
        #expect(refusal { ($0.allowsWeakSecrets, $0.tokenSecret) = (true, []) } != nil)
        #expect(refusal { ($0.allowsWeakSecrets, $0.linkSecret) = (true, []) } != nil)
    }

    @Test func boundsAreHeld() {
        for loops in [-1, 0, 257] { #expect(refusal { $0.loops = loops }?.contains("loops") == true) }
        for loops in [1, 256] { #expect(refusal { $0.loops = loops } == nil) }
        for weight in [-1, 0] { #expect(refusal { $0.weight = weight }?.contains("weight") == true) }
        for port in [-1, 65_536] {
            #expect(refusal { $0.clientPort = port }?.contains("port") == true)
            #expect(refusal { $0.linkPort = port }?.contains("port") == true)
        }
        #expect(refusal { $0.drainReconnectsPerSecond = 0 }?.contains("drain") == true)
    }

    @Test func limitsFitTogether() {
        #expect(refusal { $0.limits.deadAfterMilliseconds = $0.limits.heartbeatMilliseconds } != nil)
        #expect(refusal { $0.limits.connectionsPerNode = 0 } != nil)
        #expect(refusal { $0.limits.connectionsPerNode = 1 << 24 } != nil)
        #expect(refusal { $0.limits.linkWindowBytes = $0.limits.syncPageBytes } != nil)
    }
}
