import FoundationEssentials

/// The files of the page, listed once at start.
///
/// A request can name a file of this list and nothing else, so there is no path to climb out by. Contents are read at
/// each request: an edit shows on reload.
struct StaticFiles: Sendable {
    struct File: Sendable {
        let path: String
        let contentType: String
    }

    static let maxFiles = 1000
    static let maxFileBytes = 4 * 1024 * 1024
    /// Folders that lie beside a page and are no part of it.
    private static let skipped: Set<String> = ["test", "tests", "node_modules"]

    /// By URL path.
    private let files: [String: File]

    init(roots: [PageConfiguration.Root]) throws(HTTPServerError) {
        var files: [String: File] = [:]
        for root in roots {
            for (path, file) in StaticFiles.list(root.folder) where files.count < StaticFiles.maxFiles {
                files[root.prefix + path] = file
            }
        }
        guard files["/index.html"] != nil else { throw .noPage(roots.first?.folder ?? "") }
        files["/"] = files["/index.html"]
        self.files = files
    }

    var count: Int { files.count }

    subscript(path: String) -> File? { files[path] }

    static func contents(of file: File) -> [UInt8]? {
        guard let data = FileManager.default.contents(atPath: file.path), data.count <= maxFileBytes else { return nil }
        return Array(data)
    }

    private static func list(_ folder: String) -> [(String, File)] {
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return paths.sorted().compactMap { path in
            guard isPart(path), let type = ContentType.of(path) else { return nil }
            return (path, File(path: folder + "/" + path, contentType: type))
        }
    }

    private static func isPart(_ path: String) -> Bool {
        path.split(separator: "/").allSatisfy { !$0.hasPrefix(".") && !skipped.contains(String($0)) }
    }
}
