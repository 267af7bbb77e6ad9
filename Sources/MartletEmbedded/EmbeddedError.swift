/// Why the embedded engine does not open.
public enum EmbeddedError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another process (or another engine of this one) has the folder.
    case held(folder: String)
    case notAFolder(String)
    case notWritable(folder: String, reason: String)
    case otherSlotCount(stored: Int, asked: Int)
    /// Made by a version that this one does not understand.
    case otherFormat(UInt32)
    case corrupt(String)
    case failed(String)

    public var description: String {
        switch self {
        case .held(let folder): "the data folder \(folder) is in use by another process"
        case .notAFolder(let path): "\(path) is not a folder"
        case .notWritable(let folder, let reason): "cannot write to the data folder \(folder): \(reason)"
        case .otherSlotCount(let stored, let asked):
            "the data folder was made for \(stored) slots, and \(asked) were asked for: a cluster's number is fixed"
        case .otherFormat(let format): "the data folder has format \(format), which this version does not understand"
        case .corrupt(let what): "the data folder is damaged: \(what)"
        case .failed(let reason): "cannot open the data folder: \(reason)"
        }
    }
}
