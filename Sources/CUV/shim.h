#pragma once
#include <uv.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>

// Declared by <sys/socket.h> only for _GNU_SOURCE, which the importer does not set.
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

/// The next waiting connection, non-blocking and closed on exec; -1 with errno set.
static inline int martlet_accept(int descriptor) {
    return accept4(descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// Likewise of <pthread.h> and <sys/random.h>.
extern int pthread_setname_np(pthread_t thread, const char *name);
extern ssize_t getrandom(void *buffer, size_t length, unsigned int flags);
