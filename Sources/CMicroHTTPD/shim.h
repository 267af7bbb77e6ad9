#pragma once
#include <microhttpd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

struct martlet_mhd_limits {
    unsigned int connections;
    unsigned int timeout_seconds;
    size_t connection_memory;
};

/// MHD_start_daemon is variadic, which Swift cannot call. IPv4 only: the daemons here stand on loopback.
/// One thread of its own; connections may be suspended. NULL: not an address, or the port is taken (see errno).
static inline struct MHD_Daemon *martlet_mhd_start(
    const char *address, uint16_t port, struct martlet_mhd_limits limits, void *context,
    void *(*uri)(void *, const char *, struct MHD_Connection *), MHD_AccessHandlerCallback access,
    MHD_RequestCompletedCallback completed) {
    struct sockaddr_in socket_address;
    memset(&socket_address, 0, sizeof socket_address);
    socket_address.sin_family = AF_INET;
    socket_address.sin_port = htons(port);
    if (inet_pton(AF_INET, address, &socket_address.sin_addr) != 1) return NULL;
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, port, NULL, NULL, access, context,
        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&socket_address,
        MHD_OPTION_URI_LOG_CALLBACK, uri, context,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context,
        MHD_OPTION_CONNECTION_LIMIT, limits.connections,
        MHD_OPTION_CONNECTION_TIMEOUT, limits.timeout_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.connection_memory,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
}

/// The port that the daemon listens on; 0: unknown. MHD_get_daemon_info is variadic.
static inline uint16_t martlet_mhd_port(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info == NULL ? 0 : info->port;
}

