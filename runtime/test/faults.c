/* SPDX-License-Identifier: MIT */

/* The wrapped calls.  What is not to fail goes through to the real one. */

#include "faults.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Counts down to the call that fails; 0 or less: none will. */
static atomic_int countdown[FAULT_KINDS];

void fault_arm(enum fault_kind kind, int nth)
{
    atomic_store(&countdown[kind], nth);
}

bool fault_disarm(enum fault_kind kind)
{
    return atomic_exchange(&countdown[kind], 0) <= 0;
}

static bool fails(enum fault_kind kind)
{
    return atomic_fetch_sub(&countdown[kind], 1) == 1;
}

static atomic_int next_error[FAULT_SYSCALLS];

void fault_once(enum fault_syscall call, int error)
{
    atomic_store(&next_error[call], error);
}

bool fault_came(enum fault_syscall call)
{
    return atomic_exchange(&next_error[call], 0) == 0;
}

static atomic_int weather;
static atomic_uint calls, touched;

void fault_weather(int now, unsigned first)
{
    atomic_store(&calls, FAULT_PERIOD - first);
    atomic_store(&touched, 0);
    atomic_store(&weather, now);
}

unsigned fault_touched(void)
{
    return atomic_load(&touched);
}

static bool interrupts(void)
{
    if (!(atomic_load(&weather) & FAULT_INTERRUPTS) ||
        atomic_fetch_add(&calls, 1) % FAULT_PERIOD)
        return false;
    atomic_fetch_add(&touched, 1);
    errno = EINTR;
    return true;
}

/* Whether this call is to fail; errno says how. */
static bool refused(enum fault_syscall call)
{
    int error = atomic_exchange(&next_error[call], 0);

    if (error == 0)
        return interrupts();
    errno = error;
    return true;
}

/* How much of a transfer goes through. */
static size_t drip(size_t bytes)
{
    if (!(atomic_load(&weather) & FAULT_DRIPS) || bytes <= FAULT_DRIP_BYTES)
        return bytes;
    atomic_fetch_add(&touched, 1);
    return FAULT_DRIP_BYTES;
}

#define WRAPPED(type, name, parameters)   \
    extern type __real_##name parameters; \
    type __wrap_##name parameters;        \
    type __wrap_##name parameters

/* ---- memory and threads ---- */

WRAPPED(void *, malloc, (size_t bytes))
{
    return fails(FAULT_ALLOC) ? NULL : __real_malloc(bytes);
}

WRAPPED(void *, calloc, (size_t n, size_t bytes))
{
    return fails(FAULT_ALLOC) ? NULL : __real_calloc(n, bytes);
}

WRAPPED(void *, realloc, (void *old, size_t bytes))
{
    return fails(FAULT_ALLOC) ? NULL : __real_realloc(old, bytes);
}

WRAPPED(void *, aligned_alloc, (size_t alignment, size_t bytes))
{
    return fails(FAULT_ALLOC) ? NULL : __real_aligned_alloc(alignment, bytes);
}

WRAPPED(int, posix_memalign, (void **out, size_t alignment, size_t bytes))
{
    if (fails(FAULT_ALLOC))
        return ENOMEM;
    return __real_posix_memalign(out, alignment, bytes);
}

WRAPPED(void *, mmap,
        (void *address, size_t bytes, int protection, int flags, int fd,
         off_t offset))
{
    if (fails(FAULT_MAP)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return __real_mmap(address, bytes, protection, flags, fd, offset);
}

WRAPPED(int, pthread_create,
        (pthread_t * thread, const pthread_attr_t *attributes,
         void *(*fn)(void *), void *arg))
{
    if (fails(FAULT_THREAD))
        return EAGAIN;
    return __real_pthread_create(thread, attributes, fn, arg);
}

static char *copy_string(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes);

    return copy ? memcpy(copy, text, bytes) : NULL;
}

/* Not its malloc() and realloc(): libcurl 7.88 itself does not survive that the
 * table of a socket's transfers cannot be made, it uses it all the same. */
bool faults_take_curl(void)
{
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, __real_malloc, free,
                                __real_realloc, copy_string,
                                __wrap_calloc) == CURLE_OK;
}

/* ---- descriptors ---- */

WRAPPED(ssize_t, read, (int fd, void *buffer, size_t bytes))
{
    return refused(FAULT_READ) ? -1 : __real_read(fd, buffer, drip(bytes));
}

WRAPPED(ssize_t, recv, (int fd, void *buffer, size_t bytes, int flags))
{
    return refused(FAULT_READ) ? -1
                               : __real_recv(fd, buffer, drip(bytes), flags);
}

WRAPPED(ssize_t, write, (int fd, const void *buffer, size_t bytes))
{
    return refused(FAULT_WRITE) ? -1 : __real_write(fd, buffer, drip(bytes));
}

WRAPPED(ssize_t, send, (int fd, const void *buffer, size_t bytes, int flags))
{
    return refused(FAULT_WRITE) ? -1
                                : __real_send(fd, buffer, drip(bytes), flags);
}

WRAPPED(ssize_t, pread, (int fd, void *buffer, size_t bytes, off_t offset))
{
    return refused(FAULT_PREAD) ? -1
                                : __real_pread(fd, buffer, drip(bytes), offset);
}

WRAPPED(ssize_t, pwrite,
        (int fd, const void *buffer, size_t bytes, off_t offset))
{
    return refused(FAULT_PWRITE)
               ? -1
               : __real_pwrite(fd, buffer, drip(bytes), offset);
}

extern int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    if (refused(FAULT_OPEN))
        return -1;
    if (flags & O_CREAT) {
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return __real_open(path, flags, mode);
}

WRAPPED(int, fsync, (int fd))
{
    return refused(FAULT_SYNC) ? -1 : __real_fsync(fd);
}

WRAPPED(int, fstat, (int fd, struct stat *out))
{
    int error = atomic_exchange(&next_error[FAULT_STAT], 0);

    if (error)
        errno = error;
    return error ? -1 : __real_fstat(fd, out);
}

WRAPPED(int, socket, (int family, int type, int protocol))
{
    int error = atomic_exchange(&next_error[FAULT_SOCKET], 0);

    if (error)
        errno = error;
    return error ? -1 : __real_socket(family, type, protocol);
}

WRAPPED(int, connect, (int fd, const struct sockaddr *to, socklen_t bytes))
{
    int error = atomic_exchange(&next_error[FAULT_CONNECT], 0);

    if (error) {
        errno = error;
        return -1;
    }
    int rc = __real_connect(fd, to, bytes);
    bool begun = rc == 0 || errno == EINPROGRESS;
    return begun && interrupts() ? -1 : rc;
}

WRAPPED(int, accept4,
        (int fd, struct sockaddr *from, socklen_t *bytes, int flags))
{
    return refused(FAULT_ACCEPT) ? -1 : __real_accept4(fd, from, bytes, flags);
}

WRAPPED(int, ppoll,
        (struct pollfd * fds, nfds_t n, const struct timespec *limit,
         const sigset_t *mask))
{
    return interrupts() ? -1 : __real_ppoll(fds, n, limit, mask);
}

/* futex(2), the only one the runtimes call so; a wake-up is no wait. */
WRAPPED(long, syscall,
        (long number, long word, long what, long c, long d, long e, long f))
{
    bool waits = (what & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;

    return waits && interrupts()
               ? -1
               : __real_syscall(number, word, what, c, d, e, f);
}
