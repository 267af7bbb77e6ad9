import MartletCore

// The limits of the protocol and of a session.
extension Settings {
    private static let oneMiB = 1 << 20

    public static let limits: [LimitSetting] = [
        LimitSetting(
            \.maxFrameBytes, "limits.frame", .size(4096...oneMiB), agreed: true, "The largest frame of a client."),
        LimitSetting(
            \.maxContentBytes, "limits.content", .size(1...oneMiB), agreed: true, "The largest content of a message."),
        LimitSetting(\.maxDepth, "limits.depth", .integer(6...64), "Objects inside one another in a JSON frame."),
        LimitSetting(\.maxHeaders, "limits.headers", .integer(0...64), agreed: true, "Headers of a message."),
        LimitSetting(
            \.maxHeaderBytes, "limits.headerBytes", .size(0...65_536), agreed: true, "A message's headers together."),
        LimitSetting(\.maxSignalBytes, "limits.signal", .size(1...65_536), agreed: true, "The content of a signal."),
        LimitSetting(\.maxTokenBytes, "limits.token", .size(256...65_536), "A token."),
        LimitSetting(\.maxRequestHeadBytes, "limits.requestHead", .size(1024...65_536), "An HTTP request's head."),
        LimitSetting(
            \.maxPresenceQuery, "limits.presenceQuery", .integer(1...10_000), agreed: true,
            "Users in one question for presence."),
        LimitSetting(
            \.sessionsPerUser, "limits.sessionsPerUser", .integer(1...10_000), "Devices of a user at the same time."),
        LimitSetting(
            \.connectionsPerNode, "limits.connections", .integer(1...16_000_000),
            "Connections of this node. Each takes a file descriptor."),
        LimitSetting(
            \.syncPageEntries, "limits.syncPageEntries", .integer(1...10_000), agreed: true,
            "Entries in a page of `sync` or `history`."),
        LimitSetting(
            \.syncPageBytes, "limits.syncPageBytes", .size(4096...4 * oneMiB), agreed: true, "A page's size."),
        LimitSetting(
            \.conversationsPage, "limits.conversationsPage", .integer(1...10_000), agreed: true,
            "Conversations in a page."),
        LimitSetting(
            \.creditEntries, "limits.creditEntries", .integer(1...100_000),
            "Pushed entries that a session has not acknowledged; beyond, it is behind and pulls."),
        LimitSetting(
            \.creditBytes, "limits.creditBytes", .size(4096...64 * oneMiB), "The same in bytes."),
        LimitSetting(
            \.unansweredFrames, "limits.unansweredFrames", .integer(1...10_000),
            "Frames of a session that wait for an answer; beyond, its socket is not read."),
        LimitSetting(
            \.unansweredBytes, "limits.unansweredBytes", .size(4096...64 * oneMiB), "The same in bytes."),
        LimitSetting(
            \.linkWindowBytes, "limits.linkWindow", .size(oneMiB...1 << 30),
            "What may wait on a link to another gateway before it is reset."),
        LimitSetting(
            \.owedPerTarget, "limits.owedPerTarget", .integer(64...10_000_000),
            "Messages of a slot that another slot has not taken; beyond, senders get `busy`."),
        LimitSetting(
            \.handshakeMilliseconds, "limits.handshake", .time(100...600_000), "How long a WebSocket handshake takes."),
        LimitSetting(
            \.helloMilliseconds, "limits.hello", .time(100...600_000),
            "How long a new connection may take to say who it is."),
    ]
}
