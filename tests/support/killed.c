/*
 * Loaded before libc into a process that enrols or renews: notes in the file EVENTS, one line each, what it does with the
 * files of the folder FOLDER and with sockets, and kills the process (SIGKILL) at a line.
 *
 *   sync NAME      a file, or the folder itself (.), is on disk
 *   rename NAME    a file has its name
 *   remove NAME    a file is gone
 *   send           bytes leave
 *   receive        bytes have come
 *
 * The process ends at the line with the number KILL_AT, from 1; with KILL_ON, at the line KILL_AT of those that match this
 * pattern, such as "rename *.pem". With KILL_BEFORE it ends before the call, else after it. With DISK_FULL it goes on, and the
 * call fails, as all further ones on files do, and writes of a database.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define OWN(name, type) static __typeof__(type) own; if (!own) own = (__typeof__(type))dlsym(RTLD_NEXT, name)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int line = 0;
static int is_full = 0;

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Notes a line; returns whether the process is to end after the call. */
static int note(const char *what, const char *name) {
    const char *events = getenv("EVENTS"), *at = getenv("KILL_AT"), *on = getenv("KILL_ON");
    if (!events) return 0;
    pthread_mutex_lock(&lock);
    char text[300];
    int length = snprintf(text, sizeof text, "%s%s%s", what, *name ? " " : "", name);
    int counts = !on || !fnmatch(on, text, 0);
    line += counts;
    int end = at && counts && atoi(at) == line;
    text[length++] = '\n';
    int file = open(events, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) {
        ssize_t written = write(file, text, length);
        (void)written;
        close(file);
    }
    if (end && getenv("DISK_FULL")) is_full = 1, end = 0;
    if (end && getenv("KILL_BEFORE")) die();
    pthread_mutex_unlock(&lock);
    return end;
}

static int full(void) {
    errno = ENOSPC;
    return -1;
}

/* The name of a path below the folder; NULL for any other. */
static const char *below(const char *path) {
    const char *folder = getenv("FOLDER");
    size_t length = folder ? strlen(folder) : 0;
    if (!length || strncmp(path, folder, length)) return NULL;
    if (!path[length]) return ".";
    return path[length] == '/' ? path + length + 1 : NULL;
}

static int is_socket(int fd) {
    int family = 0;
    socklen_t size = sizeof family;
    return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) && (family == AF_INET || family == AF_INET6);
}

static int synced(int fd, int (*own)(int)) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    const char *name = below(path);
    int end = name ? note("sync", name) : 0, done = name && is_full ? full() : own(fd);
    if (end) die();
    return done;
}

int fsync(int fd) {
    OWN("fsync", int (*)(int));
    return synced(fd, own);
}

int fdatasync(int fd) {
    OWN("fdatasync", int (*)(int));
    return synced(fd, own);
}

/* A database writes its pages so. */
static ssize_t written_at(int fd, const void *bytes, size_t length, off_t at, ssize_t (*own)(int, const void *, size_t, off_t)) {
    char link[64], path[4096];
    if (!is_full) return own(fd, bytes, length, at);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t known = readlink(link, path, sizeof path - 1);
    path[known < 0 ? 0 : known] = 0;
    return below(path) ? full() : own(fd, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    OWN("pwrite", ssize_t (*)(int, const void *, size_t, off_t));
    return written_at(fd, bytes, length, at, own);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {
    OWN("pwrite64", ssize_t (*)(int, const void *, size_t, off_t));
    return written_at(fd, bytes, length, at, own);
}

int rename(const char *from, const char *to) {
    OWN("rename", int (*)(const char *, const char *));
    const char *name = below(to);
    int end = name ? note("rename", name) : 0, done = name && is_full ? full() : own(from, to);
    if (end) die();
    return done;
}

int unlink(const char *path) {
    OWN("unlink", int (*)(const char *));
    const char *name = below(path);
    /* The remains of a write that was cut short are looked for each time; mostly there are none. */
    struct stat found;
    int end = name && !lstat(path, &found) ? note("remove", name) : 0, done = own(path);
    if (end) die();
    return done;
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    OWN("send", ssize_t (*)(int, const void *, size_t, int));
    int end = is_socket(fd) ? note("send", "") : 0;
    ssize_t done = own(fd, bytes, length, flags);
    if (end) die();
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    OWN("writev", ssize_t (*)(int, const struct iovec *, int));
    int end = is_socket(fd) ? note("send", "") : 0;
    ssize_t done = own(fd, parts, count);
    if (end) die();
    return done;
}

ssize_t recv(int fd, void *bytes, size_t length, int flags) {
    OWN("recv", ssize_t (*)(int, void *, size_t, int));
    ssize_t done = own(fd, bytes, length, flags);
    /* Looked at before it is handed on: a process that ends here has read nothing. */
    if (done > 0 && is_socket(fd) && note("receive", "")) die();
    return done;
}
