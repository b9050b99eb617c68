/*
 * Makes chosen system calls of a process fail, come to an early end or late, or be its last one. Compiled and preloaded by fault-shim.ts.
 *
 *   FAULT_CALLS   comma-separated: read write fsync syncfs rename link unlink open close mkdir rmdir
 *   FAULT_PATH    a part of the path that the call must be about; empty: any
 *   FAULT_FROM    the first of the matching calls to act on, counted from 1 over all threads
 *   FAULT_TIMES   how many of them to act on; 0: all that follow
 *   FAULT_ACTION  an errno as a number; "eof": read nothing; "kill": SIGKILL before the call; "stop": SIGSTOP before the call, until SIGCONT;
 *                 "wait:20": be 20 ms late; "none": only count
 *   FAULT_NOLINKS not empty: no hard link can be made (EPERM), as on FAT
 *   FAULT_COUNT   a file that gets a byte for every matching call
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum verdict { PASS, FAIL, END_OF_FILE };

static atomic_long matching_calls;

static const char *setting(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value == NULL || *value == 0 ? otherwise : value;
}

static int is_listed(const char *call) {
  size_t length = strlen(call);
  for (const char *at = setting("FAULT_CALLS", ""); *at != 0; at += *at == ',') {
    size_t part = strcspn(at, ",");
    if (part == length && strncmp(at, call, length) == 0) return 1;
    at += part;
  }
  return 0;
}

static void count_call(void) {
  const char *path = setting("FAULT_COUNT", "");
  if (*path == 0) return;
  int descriptor = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (descriptor < 0) return;
  syscall(SYS_write, descriptor, ".", 1);
  syscall(SYS_close, descriptor);
}

static enum verdict judge(const char *call, const char *path) {
  if (strstr(path, setting("FAULT_PATH", "")) == NULL || !is_listed(call)) return PASS;
  long number = 1 + atomic_fetch_add(&matching_calls, 1);
  count_call();
  long from = atol(setting("FAULT_FROM", "1"));
  long times = atol(setting("FAULT_TIMES", "0"));
  if (number < from || (times > 0 && number >= from + times)) return PASS;
  const char *action = setting("FAULT_ACTION", "none");
  if (strcmp(action, "none") == 0) return PASS;
  if (strncmp(action, "wait:", 5) == 0) {
    long milliseconds = atol(action + 5);
    struct timespec late = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&late, NULL);
    return PASS;
  }
  if (strcmp(action, "eof") == 0) return END_OF_FILE;
  if (strcmp(action, "kill") == 0) {
    kill(getpid(), SIGKILL);
    pause();
  }
  if (strcmp(action, "stop") == 0) {
    kill(getpid(), SIGSTOP);
    return PASS;
  }
  errno = atoi(action);
  return FAIL;
}

/* The path behind /proc/self/fd/7/name, by which a folder is used that is held open. */
static enum verdict judge_path(const char *call, const char *path) {
  static const char held[] = "/proc/self/fd/";
  if (!is_listed(call) || strncmp(path, held, sizeof held - 1) != 0) return judge(call, path);
  char link[64], whole[8192];
  const char *slash = strchr(path + sizeof held - 1, '/');
  size_t length = slash == NULL ? strlen(path) : (size_t)(slash - path);
  if (length >= sizeof link) return judge(call, path);
  memcpy(link, path, length);
  link[length] = 0;
  ssize_t folder = readlink(link, whole, 4095);
  if (folder < 0) return judge(call, path);
  snprintf(whole + folder, sizeof whole - folder, "%s", slash == NULL ? "" : slash);
  return judge(call, whole);
}

static enum verdict judge_open(const char *call, int descriptor) {
  if (!is_listed(call)) return PASS;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return PASS;
  path[length] = 0;
  return judge(call, path);
}

#define REAL(type, name, ...)                                  \
  static type (*real)(__VA_ARGS__);                            \
  if (real == NULL) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

#define ON_DESCRIPTOR(type, name, call, parameters, ...)       \
  type name parameters {                                       \
    static type (*real) parameters;                            \
    if (real == NULL) real = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
    switch (judge_open(call, fd)) {                            \
      case FAIL: return -1;                                    \
      case END_OF_FILE: return 0;                              \
      default: return real(__VA_ARGS__);                       \
    }                                                          \
  }

ON_DESCRIPTOR(ssize_t, read, "read", (int fd, void *buffer, size_t size), fd, buffer, size)
ON_DESCRIPTOR(ssize_t, pread64, "read", (int fd, void *buffer, size_t size, off_t at), fd, buffer, size, at)
ON_DESCRIPTOR(ssize_t, write, "write", (int fd, const void *buffer, size_t size), fd, buffer, size)
ON_DESCRIPTOR(ssize_t, pwrite64, "write", (int fd, const void *buffer, size_t size, off_t at), fd, buffer, size, at)
ON_DESCRIPTOR(ssize_t, writev, "write", (int fd, const struct iovec *parts, int count), fd, parts, count)
ON_DESCRIPTOR(ssize_t, pwritev64, "write", (int fd, const struct iovec *parts, int count, off_t at), fd, parts, count, at)
ON_DESCRIPTOR(int, fsync, "fsync", (int fd), fd)
ON_DESCRIPTOR(int, fdatasync, "fsync", (int fd), fd)
ON_DESCRIPTOR(int, syncfs, "syncfs", (int fd), fd)

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  return judge_path("rename", to) == FAIL ? -1 : real(from, to);
}

int link(const char *from, const char *to) {
  REAL(int, link, const char *, const char *);
  if (*setting("FAULT_NOLINKS", "") != 0) {
    errno = EPERM;
    return -1;
  }
  return judge_path("link", to) == FAIL ? -1 : real(from, to);
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  return judge_path("unlink", path) == FAIL ? -1 : real(path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  return judge_path("mkdir", path) == FAIL ? -1 : real(path, mode);
}

int rmdir(const char *path) {
  REAL(int, rmdir, const char *);
  return judge_path("rmdir", path) == FAIL ? -1 : real(path);
}

int open64(const char *path, int flags, ...) {
  REAL(int, open64, const char *, int, ...);
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return judge_path("open", path) == FAIL ? -1 : real(path, flags, mode);
}

/* libuv closes files by number of the call. A close that fails has closed its descriptor all the same. */
long syscall(long number, ...) {
  REAL(long, syscall, long, ...);
  va_list rest;
  va_start(rest, number);
  long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
  long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_close && judge_open("close", (int)a) == FAIL) {
    int error = errno;
    real(number, a);
    errno = error;
    return -1;
  }
  return real(number, a, b, c, d, e, f);
}
