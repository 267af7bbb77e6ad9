import MartletCommand

/// `martlet cluster`: what an operator does to a cluster.
enum ClusterCommand {
    static let declaration = Command(
        "cluster", "shows a cluster, and moves its slots",
        discussion: """
            Asks the admin API of any node. Without `--admin` that is http://127.0.0.1:9600, or what MARTLET_ADMIN \
            says; the token comes from `--token-file`, or from MARTLET_ADMIN_TOKEN.
            """,
        subcommands: [ClusterInitCommand.declaration])
}
