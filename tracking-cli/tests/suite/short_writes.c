/* Lets one call fail, which FAULT names, as in `3 short`: the third. `short` and `full` count what is written, and
   write half of it; after `full` nothing more is written. The others are errors, at anything that is written or
   brought to the disk. Once it is met, there is a file `met`. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int at, is_short, is_full, error, calls;

__attribute__((constructor)) static void start(void) {
    char *fault = getenv("FAULT");
    if (!fault) _exit(66);
    at = strtol(fault, &fault, 10);
    is_full = !strcmp(fault, " full");
    is_short = is_full || !strcmp(fault, " short");
    error = !strcmp(fault, " EINTR")    ? EINTR
            : !strcmp(fault, " EAGAIN") ? EAGAIN
            : !strcmp(fault, " EIO")    ? EIO
            : !strcmp(fault, " ENOSPC") ? ENOSPC
                                        : 0;
    if (!is_short && !error) _exit(66);
}

static int meet(void) {
    int saved = errno, file = syscall(SYS_openat, AT_FDCWD, FOLDER "/met", O_CREAT | O_WRONLY, 0600);
    if (file >= 0) syscall(SYS_close, file);
    errno = saved;
    return 1;
}

static int fails(size_t *length) {
    if (is_short && (!length || *length < 2)) return 0;
    int call = __sync_add_and_fetch(&calls, 1);
    if (is_full && call > at) {
        errno = ENOSPC;
        return 1;
    }
    if (call != at || !meet()) return 0;
    if (is_short) {
        *length /= 2;
        return 0;
    }
    errno = error;
    return 1;
}

ssize_t write(int file, const void *from, size_t length) {
    return fails(&length) ? -1 : syscall(SYS_write, file, from, length);
}

ssize_t pwrite64(int file, const void *from, size_t length, off64_t offset) {
    return fails(&length) ? -1 : syscall(SYS_pwrite64, file, from, length, offset);
}

ssize_t pwrite(int file, const void *from, size_t length, off_t offset) {
    return pwrite64(file, from, length, offset);
}

/* Which may always write less. */
ssize_t writev(int file, const struct iovec *from, int count) {
    return count < 1 ? 0 : write(file, from->iov_base, from->iov_len);
}

int fsync(int file) { return fails(0) ? -1 : (int)syscall(SYS_fsync, file); }

int fdatasync(int file) { return fails(0) ? -1 : (int)syscall(SYS_fdatasync, file); }
