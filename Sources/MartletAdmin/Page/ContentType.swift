/// What kinds of files a page is made of; a file of another kind is not served.
enum ContentType {
    private static let byExtension = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8", "json": "application/json", "svg": "image/svg+xml",
        "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "ico": "image/x-icon", "woff2": "font/woff2",
        "webmanifest": "application/manifest+json",
    ]

    static func of(_ path: String) -> String? {
        guard let dot = path.lastIndex(of: ".") else { return nil }
        return byExtension[path[path.index(after: dot)...].lowercased()]
    }
}
