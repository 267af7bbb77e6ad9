public import MartletCore

/// The body of `POST /dev/token`: `{"user":"alice","device":"tab-1","tier":"paid"}`, the last two optional.
public struct PageTokenRequest: Sendable, Equatable {
    public var user: Key
    public var device: DeviceID?
    /// `free` or `paid`, as the tokens say it.
    public var tier: String

    public init(user: Key, device: DeviceID? = nil, tier: String = "free") {
        self.user = user
        self.device = device
        self.tier = tier
    }
}

extension PageTokenRequest {
    private struct Fields: Decodable {
        var user: String
        var device: String?
        var tier: String?
    }

    init(body: [UInt8]) throws(AdminError) {
        let fields = try RequestBody.decode(Fields.self, from: body)
        guard let user = Key(fields.user), !user.isReserved else {
            throw AdminError(.invalid, "`user` is not a user id")
        }
        self.init(user: user)
        if let name = fields.device {
            guard let device = DeviceID(name) else { throw AdminError(.invalid, "`device` is not a device id") }
            self.device = device
        }
        if let tier = fields.tier {
            guard tier == "free" || tier == "paid" else { throw AdminError(.invalid, "`tier` is free or paid") }
            self.tier = tier
        }
    }
}
