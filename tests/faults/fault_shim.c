/* Faults on demand. Preloaded into a process (LD_PRELOAD), this counts its calls that change files under one
 * folder, and at a chosen call it kills the process, tears the call, or lets it fail.
 *
 *   FAULT_FOLDER  only files under this folder count (absolute)
 *   FAULT_CALL    number of the call, from 1; 0 only counts
 *   FAULT_KIND    kill    the process dies before the call
 *                 tear    half of the bytes are written, then it dies; other calls are done, then it dies
 *                 short   half of the bytes are written and that is said; other calls are left alone
 *                 ENOSPC, EDQUOT, EIO    the call fails so, where it can
 *   FAULT_LASTS   1: so do all later ones
 *   FAULT_LOG     a file that gets a line for each counted call: its name, with ! if it fails here, and its path
 *
 * A process that forks its trials sets the same by fault_arm(). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* What a call may suffer, beside death. */
enum { NOTHING = 0, TAKES_SPACE = 1, WRITES = 2 };
enum kind { NONE, KILL, TEAR, SHORT, FAIL };

static char folder[PATH_MAX];
static atomic_long count;
static long chosen;
static enum kind kind;
static int code, lasts, log_file = -1;

static enum kind kind_of(const char *word, int *error) {
    static const struct { const char *word; enum kind kind; int error; } known[] = {
        {"kill", KILL, 0}, {"tear", TEAR, 0}, {"short", SHORT, 0},
        {"ENOSPC", FAIL, ENOSPC}, {"EDQUOT", FAIL, EDQUOT}, {"EIO", FAIL, EIO}};
    for (size_t i = 0; word && i < sizeof known / sizeof *known; ++i) {
        if (strcmp(word, known[i].word) == 0) {
            *error = known[i].error;
            return known[i].kind;
        }
    }
    return NONE;
}

void fault_arm(const char *where, long call, const char *word, int from_then_on, const char *log) {
    snprintf(folder, sizeof folder, "%s", where ? where : "");
    atomic_store(&count, 0);
    chosen = call;
    kind = kind_of(word, &code);
    lasts = from_then_on;
    if (log && *log) {
        log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    }
}

__attribute__((constructor)) static void arm_by_environment(void) {
    const char *call = getenv("FAULT_CALL"), *last = getenv("FAULT_LASTS");
    if (getenv("FAULT_FOLDER")) {
        fault_arm(getenv("FAULT_FOLDER"), call ? atol(call) : 0, getenv("FAULT_KIND"), last && *last == '1',
                  getenv("FAULT_LOG"));
    }
    unsetenv("LD_PRELOAD"); /* what this process starts is not our subject */
}

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

static int is_inside(const char *path) {
    const size_t length = strlen(folder);
    return length && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The path of a name or of an open file; empty where there is none. */
static void path_of_name(int directory, const char *name, char *path) {
    char base[PATH_MAX] = "", link[64];
    if (name[0] != '/') {
        if (directory == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) base[0] = '\0';
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
            const ssize_t size = readlink(link, base, sizeof base - 1);
            base[size > 0 ? size : 0] = '\0';
        }
    }
    if (snprintf(path, PATH_MAX, "%s%s%s", base, base[0] ? "/" : "", name) >= PATH_MAX) path[0] = '\0';
}

static void path_of_file(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t size = readlink(link, path, PATH_MAX - 1);
    path[size > 0 ? size : 0] = '\0';
}

struct fate { int tear, shorten, error; };

static struct fate decide(const char *name, const char *path, int suffers) {
    struct fate fate = {0, 0, 0};
    const int kept = errno;
    if (!is_inside(path)) return fate;
    const long number = atomic_fetch_add(&count, 1) + 1;
    const int is_chosen = chosen > 0 && (number == chosen || (lasts && number > chosen));
    if (is_chosen) {
        fate.tear = kind == TEAR;
        fate.shorten = kind == SHORT && (suffers & WRITES);
        if (kind == FAIL && (code == EIO || (suffers & TAKES_SPACE))) fate.error = code;
    }
    if (log_file >= 0) {
        char line[PATH_MAX + 64];
        const int size = snprintf(line, sizeof line, "%s%s %s\n", name, fate.error ? "!" : "", path);
        syscall(SYS_write, log_file, line, (size_t)size);
    }
    if (is_chosen && kind == KILL) die();
    errno = kept;
    return fate;
}

static struct fate decide_file(const char *name, int file, int suffers) {
    char path[PATH_MAX];
    path_of_file(file, path);
    return decide(name, path, suffers);
}

static struct fate decide_name(const char *name, int directory, const char *given, int suffers) {
    char path[PATH_MAX];
    path_of_name(directory, given, path);
    return decide(name, path, suffers);
}

#define FAIL_IF(fate) \
    if ((fate).error) { errno = (fate).error; return -1; }

#define RETURN(fate, result) \
    do { const int done_ = (int)(result); if ((fate).tear) die(); return done_; } while (0)

/* Opening: to write, to create, or a folder (to sync it). Reading changes nothing and does not count. */
static int counts(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_DIRECTORY)); }

static int open_it(int directory, const char *path, int flags, mode_t mode) {
    struct fate fate = {0, 0, 0};
    if (counts(flags)) fate = decide_name("open", directory, path, flags & O_CREAT ? TAKES_SPACE : NOTHING);
    FAIL_IF(fate)
    RETURN(fate, syscall(SYS_openat, directory, path, flags, mode));
}

#define MODE(last) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, last); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *path, int flags, ...) { MODE(flags) return open_it(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_it(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_it(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_it(at, path, flags, mode); }
int __open_2(const char *path, int flags) { return open_it(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_it(AT_FDCWD, path, flags, 0); }
int __openat_2(int at, const char *path, int flags) { return open_it(at, path, flags, 0); }
int __openat64_2(int at, const char *path, int flags) { return open_it(at, path, flags, 0); }
int creat(const char *path, mode_t mode) { return open_it(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open_it(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

static size_t part_of(struct fate fate, size_t size) {
    return (fate.tear || fate.shorten) && size > 1 ? size / 2 : size;
}

ssize_t write(int file, const void *bytes, size_t size) {
    const struct fate fate = decide_file("write", file, TAKES_SPACE | WRITES);
    FAIL_IF(fate)
    const ssize_t done = syscall(SYS_write, file, bytes, part_of(fate, size));
    if (fate.tear) die();
    return done;
}

static ssize_t pwrite_it(int file, const void *bytes, size_t size, off_t place) {
    const struct fate fate = decide_file("pwrite", file, TAKES_SPACE | WRITES);
    FAIL_IF(fate)
    const ssize_t done = syscall(SYS_pwrite64, file, bytes, part_of(fate, size), place);
    if (fate.tear) die();
    return done;
}
ssize_t pwrite(int file, const void *bytes, size_t size, off_t place) { return pwrite_it(file, bytes, size, place); }
ssize_t pwrite64(int file, const void *bytes, size_t size, off_t place) { return pwrite_it(file, bytes, size, place); }

ssize_t writev(int file, const struct iovec *pieces, int number) {
    const struct fate fate = decide_file("writev", file, TAKES_SPACE | WRITES);
    FAIL_IF(fate)
    const int part = (int)part_of(fate, (size_t)number);
    const ssize_t done = syscall(SYS_writev, file, pieces, part);
    if (fate.tear) die();
    return done;
}

int fsync(int file) {
    const struct fate fate = decide_file("fsync", file, TAKES_SPACE);
    FAIL_IF(fate)
    RETURN(fate, syscall(SYS_fsync, file));
}

int fdatasync(int file) {
    const struct fate fate = decide_file("fsync", file, TAKES_SPACE);
    FAIL_IF(fate)
    RETURN(fate, syscall(SYS_fdatasync, file));
}

static int ftruncate_it(int file, off_t size) {
    const struct fate fate = decide_file("ftruncate", file, TAKES_SPACE);
    FAIL_IF(fate)
    RETURN(fate, syscall(SYS_ftruncate, file, size));
}
int ftruncate(int file, off_t size) { return ftruncate_it(file, size); }
int ftruncate64(int file, off_t size) { return ftruncate_it(file, size); }

/* A file that could not be closed is closed all the same, as Linux does it. */
int close(int file) {
    char path[PATH_MAX];
    const int flags = folder[0] ? (int)syscall(SYS_fcntl, file, F_GETFL) : -1;
    struct fate fate = {0, 0, 0};
    if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY) {
        path_of_file(file, path);
        fate = decide("close", path, TAKES_SPACE);
    }
    const int done = (int)syscall(SYS_close, file);
    FAIL_IF(fate)
    RETURN(fate, done);
}

static int rename_it(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    const struct fate fate = decide_name("rename", to_at, to, TAKES_SPACE);
    FAIL_IF(fate)
    RETURN(fate, syscall(SYS_renameat2, from_at, from, to_at, to, flags));
}
int rename(const char *from, const char *to) { return rename_it(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_at, const char *from, int to_at, const char *to) { return rename_it(from_at, from, to_at, to, 0); }
int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    return rename_it(from_at, from, to_at, to, flags);
}

static int unlink_it(const char *name, int at, const char *path, int flags) {
    const struct fate fate = decide_name(name, at, path, NOTHING);
    FAIL_IF(fate)
    RETURN(fate, syscall(SYS_unlinkat, at, path, flags));
}
int unlink(const char *path) { return unlink_it("unlink", AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlink_it("rmdir", AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int at, const char *path, int flags) {
    return unlink_it(flags & AT_REMOVEDIR ? "rmdir" : "unlink", at, path, flags);
}

static int mkdir_it(int at, const char *path, mode_t mode) {
    const struct fate fate = decide_name("mkdir", at, path, TAKES_SPACE);
    FAIL_IF(fate)
    RETURN(fate, syscall(SYS_mkdirat, at, path, mode));
}
int mkdir(const char *path, mode_t mode) { return mkdir_it(AT_FDCWD, path, mode); }
int mkdirat(int at, const char *path, mode_t mode) { return mkdir_it(at, path, mode); }
