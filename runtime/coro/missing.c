/* SPDX-License-Identifier: MIT */
/*
 * Owns pages that are missing on purpose.  Who touches one, a thread, a signal
 * handler or the kernel in a system call of theirs, is held by the kernel
 * until our thread has put it back, and notices nothing.  Both ways are
 * atomic for all who look on: UFFDIO_MOVE (Linux 6.8) takes a page as a whole,
 * so that no write is lost between copying and dropping it, and refuses one
 * that a device writes to (direct I/O); UFFDIO_COPY puts one with its
 * contents.  A guard page and a SIGSEGV handler could do neither, and read(2)
 * into a guarded buffer would be -EFAULT.
 *
 * The bench is where pages lie that have just been taken; it is empty before
 * and after.
 */
#include "missing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "own_thread.h"

#ifndef UFFDIO_MOVE
#define UFFD_FEATURE_MOVE (1 << 16)
struct uffdio_move {
    uint64_t dst, src, len, mode;
    int64_t move;
};
#define UFFDIO_MOVE _IOWR(UFFDIO, 0x05, struct uffdio_move)
#endif

static struct {
    int fd;
    size_t page;
    char *bench; /* and a page of zeros behind it */
    void (*wanted)(char *page);
    pthread_t thread;
} missing = { .fd = -1 };

static size_t bench_bytes(void)
{
    return CO_MISSING_BATCH * missing.page;
}

void co_missing_put(char *page, const char *from)
{
    if (!from)
        from = missing.bench + bench_bytes();
    struct uffdio_copy copy = { .dst = (uintptr_t)page,
                                .src = (uintptr_t)from,
                                .len = missing.page };
    while (ioctl(missing.fd, UFFDIO_COPY, &copy) &&
           (errno == EAGAIN || errno == ENOMEM))
        sched_yield();
}

/* A fault on the bench is the thread's end. */
static void *serve(void *arg)
{
    struct uffd_msg message;
    while (read(missing.fd, &message, sizeof(message)) == sizeof(message)) {
        uintptr_t at = message.arg.pagefault.address;
        char *page = (char *)(at & ~(uintptr_t)(missing.page - 1));
        if (page == missing.bench)
            break;
        missing.wanted(page);
        /* He is awake when the page has been put by this call; not when it
         * had been put before he was heard. */
        struct uffdio_range range = { (uintptr_t)page, missing.page };
        ioctl(missing.fd, UFFDIO_WAKE, &range);
    }
    co_missing_put(missing.bench, NULL);
    return arg;
}

bool co_missing_watch(char *low, size_t bytes)
{
    struct uffdio_register range = { .range = { (uintptr_t)low, bytes },
                                     .mode = UFFDIO_REGISTER_MODE_MISSING };
    return ioctl(missing.fd, UFFDIO_REGISTER, &range) == 0;
}

const char *co_missing_take(char *page, size_t spot)
{
    char *to = missing.bench + spot * missing.page;
    struct uffdio_move move = { .dst = (uintptr_t)to,
                                .src = (uintptr_t)page,
                                .len = missing.page };
    return ioctl(missing.fd, UFFDIO_MOVE, &move) ? NULL : to;
}

void co_missing_drop(size_t n)
{
    madvise(missing.bench, n * missing.page, MADV_DONTNEED);
}

/* Faults of the kernel's, too, hence not UFFD_USER_MODE_ONLY, which anybody
 * may have: system calls would fail. */
static int open_faults(void)
{
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    if (fd < 0 && errno == EPERM) {
        int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
        if (device < 0)
            return -ENOTSUP;
        fd = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC);
        close(device);
    }
    if (fd < 0)
        return errno == EMFILE || errno == ENOMEM ? -errno : -ENOTSUP;
    struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_MOVE };
    if (ioctl(fd, UFFDIO_API, &api) == 0)
        return fd;
    close(fd);
    return -ENOTSUP;
}

static int open_bench(void)
{
    char *bench =
        mmap(NULL, bench_bytes() + missing.page, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bench == MAP_FAILED)
        return -ENOMEM;
    madvise(bench, bench_bytes(), MADV_NOHUGEPAGE);
    missing.bench = bench;
    if (co_missing_watch(bench, bench_bytes()))
        return 0;
    munmap(bench, bench_bytes() + missing.page);
    return -ENOTSUP;
}

int co_missing_open(void (*wanted)(char *page))
{
    missing.page = (size_t)sysconf(_SC_PAGESIZE);
    missing.wanted = wanted;
    int fd = open_faults();
    if (fd < 0)
        return fd;
    missing.fd = fd;
    int error = open_bench();
    if (error)
        goto err_close;
    error = own_thread_start(&missing.thread, 0, serve, NULL);
    if (error)
        goto err_bench;
    return 0;
err_bench:
    munmap(missing.bench, bench_bytes() + missing.page);
err_close:
    close(fd);
    missing.fd = -1;
    return error;
}

void co_missing_close(void)
{
    *(volatile char *)missing.bench = 0;
    pthread_join(missing.thread, NULL);
    munmap(missing.bench, bench_bytes() + missing.page);
    close(missing.fd);
    missing.fd = -1;
}

/* The descriptor would reach into the parent's memory. */
void co_missing_forked(void)
{
    if (missing.fd >= 0)
        close(missing.fd);
    missing.fd = -1;
}
