public import MartletCore

/// The body of `POST /admin/v1/nodes`: `{"id":"node-4","weight":1}`, both optional.
public struct AddNodeRequest: Equatable, Sendable {
    public static let weights = 1...100

    /// Nil: the cluster chooses a name.
    public var id: NodeID?
    public var weight: Int

    public init(id: NodeID? = nil, weight: Int = 1) {
        self.id = id
        self.weight = weight
    }
}

extension AddNodeRequest {
    private struct Fields: Decodable {
        var id: String?
        /// A number of any kind, so that 1.5 is told apart from what is no JSON.
        var weight: Double?
    }

    /// An empty body stands for `{}`.
    init(body: [UInt8]) throws(AdminError) {
        let fields = body.isEmpty ? Fields() : try RequestBody.decode(Fields.self, from: body)
        guard let weight = Int(exactly: fields.weight ?? 1), AddNodeRequest.weights.contains(weight) else {
            throw AdminError(.invalid, "`weight` is a whole number from 1 to \(AddNodeRequest.weights.upperBound)")
        }
        self.init(weight: weight)
        if let name = fields.id {
            guard let node = NodeID(name) else { throw AdminError(.invalid, "`id` is not a node id") }
            id = node
        }
    }
}
