import FoundationEssentials

/// Finds the folder `Clients` that the page's files lie in.
public enum PageFolders {
    /// In the current folder, else in one above the executable (which SwiftPM puts three folders down); nil: nowhere.
    public static func find() -> String? {
        let current = FileManager.default.currentDirectoryPath
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return ([current] + parents(of: executable)).map { $0 + "/Clients" }.first(where: hasPage)
    }

    private static func parents(of path: String) -> [String] {
        var parts = path.split(separator: "/")
        var parents: [String] = []
        while parents.count < 6, parts.popLast() != nil, !parts.isEmpty {
            parents.append("/" + parts.joined(separator: "/"))
        }
        return parents
    }

    private static func hasPage(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: folder + "/page/index.html")
    }
}
