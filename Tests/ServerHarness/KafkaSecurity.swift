import Foundation

/// A listener with TLS and SASL/PLAIN beside a broker's plain one: its certificate, signed by itself, is made by Java's
/// keytool in the broker's folder.
public struct KafkaSecurity: Sendable {
    public let bootstrap: String
    /// The certificate that clients have to trust, and one that signed nothing.
    public let certificate: String
    public let otherCertificate: String
    public let user = "martlet"
    public let password = "correct horse"
    let port: UInt16
    private let keystore: String
    private let keystorePassword = "martlet-tests"

    init(folder: String) throws {
        port = try FreePorts.next()
        bootstrap = "127.0.0.1:\(port)"
        (certificate, otherCertificate) = (folder + "/broker.pem", folder + "/other.pem")
        keystore = folder + "/broker.p12"
        try makeKey(keystore, certificate)
        try makeKey(folder + "/other.p12", otherCertificate)
    }

    private func makeKey(_ keystore: String, _ certificate: String) throws {
        let store = ["-keystore", keystore, "-storetype", "PKCS12", "-storepass", keystorePassword, "-alias", "broker"]
        try keytool(
            ["-genkeypair"] + store
                + ["-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2"]
                + ["-dname", "CN=127.0.0.1", "-ext", "SAN=IP:127.0.0.1"])
        try keytool(["-exportcert", "-rfc", "-file", certificate] + store)
    }

    private func keytool(_ arguments: [String]) throws {
        let child = Process(), output = Pipe()
        child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        child.arguments = ["keytool"] + arguments
        child.standardOutput = output
        child.standardError = output
        try child.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        guard child.terminationStatus == 0 else { throw HarnessError.commandFailed(text) }
    }

    var properties: String {
        let login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        return """
            ssl.keystore.type=PKCS12
            ssl.keystore.location=\(keystore)
            ssl.keystore.password=\(keystorePassword)
            ssl.key.password=\(keystorePassword)
            sasl.enabled.mechanisms=PLAIN
            listener.name.sasl_ssl.plain.sasl.jaas.config=\(login) user_\(user)="\(password)";
            """
    }
}
