/* Refuses what the first number of the file `switch` says: 1 random bits, 2 threads. The next ones count how often. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int32_t *shared;

__attribute__((constructor)) static void start(void) {
    int file = open(FOLDER "/switch", O_RDWR | O_CLOEXEC);
    void *at = mmap(0, 3 * sizeof(int32_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || at == MAP_FAILED) _exit(66);
    shared = at;
    close(file);
}

static int is_refused(int what) {
    if (!shared || !(shared[0] & what)) return 0;
    __sync_fetch_and_add(&shared[what], 1);
    return 1;
}

ssize_t getrandom(void *to, size_t length, unsigned flags) {
    if (is_refused(1)) {
        errno = EPERM;
        return -1;
    }
    return syscall(SYS_getrandom, to, length, flags);
}

typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *with) {
    if (is_refused(2)) return EAGAIN;
    return ((create *)dlsym(RTLD_NEXT, "pthread_create"))(thread, how, run, with);
}
