/// A cluster store in which an operator can tie slots to nodes.
public protocol SlotPins: ClusterStore {
    /// Ties the slot to a node, or unties it (nil). The leader sees it in its next snapshot.
    func pin(_ slot: Slot, to node: NodeID?, done: @escaping @Sendable (PortError?) -> Void)
}
