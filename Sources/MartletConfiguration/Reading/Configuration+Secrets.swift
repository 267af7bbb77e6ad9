extension Configuration {
    /// The bytes of a secret; nil: none is given. `warn` hears of a file that others may read.
    public func bytes(
        of secret: SecretSetting, warn: (ConfigurationProblem) -> Void = { _ in }
    ) throws(ConfigurationError) -> [UInt8]? {
        guard let path = self[secret.file] else { return self[secret.value].map { Array($0.utf8) } }
        guard self[secret.value] == nil else {
            throw ConfigurationError([
                ConfigurationProblem(
                    place(of: secret.file),
                    "`\(secret.file.name)` and `\(secret.value.name)` are both given: which is it to be?")
            ])
        }
        do {
            let contents = try SecretFile.read(path)
            if contents.isOpenToOthers {
                warn(
                    ConfigurationProblem(
                        place(of: secret.file), "\(path) can be read by others than its owner (chmod 600)"))
            }
            return contents.bytes
        } catch {
            throw ConfigurationError([
                ConfigurationProblem(place(of: secret.file), "`\(secret.file.name)`: \(path) \(error.reason).")
            ])
        }
    }

    /// The same as text, for what wants one.
    public func text(
        of secret: SecretSetting, warn: (ConfigurationProblem) -> Void = { _ in }
    ) throws(ConfigurationError) -> String? {
        guard let bytes = try bytes(of: secret, warn: warn) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw ConfigurationError([
                ConfigurationProblem(place(of: secret.file), "`\(secret.value.name)` is not text.")
            ])
        }
        return text
    }
}
