/*
 * fault.c lets chosen calls fail that a program makes on files: the Nth write,
 * sync, open, truncation, removal or read, with an error of our choice. Or it
 * kills the program in the middle of that call.
 *
 * It is loaded before the C library (LD_PRELOAD), so it sees what SQLite does,
 * not what Go does by itself.
 *
 *   FAULT_ROOT    a directory, without symbolic links. Each folder in it that
 *                 is named by a number, 0 to 4095, has a plan of its own, so
 *                 that many runs can go on at once
 *   FAULT_PLANS   a file of plans, in order of the folders. The test writes it
 *                 while the program runs, and reads what has happened
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Some C libraries have the names with 64 as macros. */
#undef open64
#undef pread64
#undef pwrite64
#undef ftruncate64

_Static_assert(sizeof(off_t) == 8, "offsets must have 64 bits");

enum { PLANS = 4096, MOST_DESCRIPTORS = 65536, TORN = 512 };

/* Kinds of calls, one bit each. The test knows the same numbers. */
enum { WRITE = 1, SYNC = 2, OPEN = 4, TRUNCATE = 8, UNLINK = 16, READ = 32 };

/* A plan is 64 bytes, in the byte order of the machine. */
struct plan {
	uint32_t calls;      /* kinds that count; 0: nothing fails */
	uint32_t error;      /* errno; 0: kill the program instead */
	uint32_t first;      /* call that fails, from 1 */
	uint32_t count;      /* how many in a row fail */
	char suffix[16];     /* of the path; only such files count; empty: all */
	uint32_t seen;       /* calls counted, by us */
	uint32_t failed;     /* of them, by us */
	uint32_t spare[6];
};

_Static_assert(sizeof(struct plan) == 64, "the test writes plans of 64 bytes");

/* An open file in a folder that may have a plan. */
struct file {
	struct plan *plan;   /* NULL: none */
	char tail[16];       /* the end of its path */
};

static struct {
	int (*open)(const char *, int, ...);
	int (*close)(int);
	ssize_t (*pread)(int, void *, size_t, off_t);
	ssize_t (*pwrite)(int, const void *, size_t, off_t);
	int (*ftruncate)(int, off_t);
	int (*fsync)(int);
	int (*fdatasync)(int);
	int (*unlink)(const char *);
} real;

static const char *root;
static struct plan *plans;
static struct file files[MOST_DESCRIPTORS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
	const char *path = getenv("FAULT_PLANS");
	int fd;

	real.open = dlsym(RTLD_NEXT, "open");
	real.close = dlsym(RTLD_NEXT, "close");
	real.pread = dlsym(RTLD_NEXT, "pread");
	real.pwrite = dlsym(RTLD_NEXT, "pwrite");
	real.ftruncate = dlsym(RTLD_NEXT, "ftruncate");
	real.fsync = dlsym(RTLD_NEXT, "fsync");
	real.fdatasync = dlsym(RTLD_NEXT, "fdatasync");
	real.unlink = dlsym(RTLD_NEXT, "unlink");

	root = getenv("FAULT_ROOT");
	if (!path || !root)
		return;
	fd = real.open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		plans = mmap(NULL, PLANS * sizeof *plans, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || plans == MAP_FAILED) {
		fprintf(stderr, "fault: %s: %s\n", path, strerror(errno));
		abort();
	}
	real.close(fd);
}

/* plan_of returns the plan of the folder that a path is in or names. */
static struct plan *plan_of(const char *path)
{
	char *end;
	unsigned long number;
	size_t n;

	pthread_once(&once, prepare);
	if (!plans || !path)
		return NULL;
	n = strlen(root);
	if (strncmp(path, root, n) != 0 || path[n] != '/')
		return NULL;
	number = strtoul(path + n + 1, &end, 10);
	if (end == path + n + 1 || number >= PLANS || (*end != 0 && *end != '/'))
		return NULL;
	return &plans[number];
}

static const char *tail_of(const char *path)
{
	size_t n = strlen(path), most = sizeof files[0].tail - 1;

	return n > most ? path + n - most : path;
}

static int ends_with(const char *tail, const char *suffix)
{
	size_t n = strlen(tail), m = strlen(suffix);

	return n >= m && strcmp(tail + n - m, suffix) == 0;
}

/* fails counts a call and reports whether it has to fail. */
static int fails(struct plan *p, const char *tail, uint32_t call)
{
	uint32_t number;

	if (!p || !(__atomic_load_n(&p->calls, __ATOMIC_ACQUIRE) & call) || !ends_with(tail, p->suffix))
		return 0;
	number = __atomic_add_fetch(&p->seen, 1, __ATOMIC_RELAXED);
	if (number < p->first || number - p->first >= p->count)
		return 0;
	__atomic_add_fetch(&p->failed, 1, __ATOMIC_RELAXED);
	return 1;
}

/* strike ends a call that fails. */
static int strike(struct plan *p)
{
	if (p->error == 0)
		kill(getpid(), SIGKILL);
	errno = p->error;
	return -1;
}

static int fd_fails(int fd, uint32_t call)
{
	return fd >= 0 && fd < MOST_DESCRIPTORS && fails(files[fd].plan, files[fd].tail, call);
}

int open(const char *path, int flags, ...)
{
	struct plan *p = plan_of(path);
	va_list rest;
	mode_t mode = 0;
	int fd;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(rest, flags);
		mode = va_arg(rest, mode_t);
		va_end(rest);
	}
	if (p && fails(p, tail_of(path), OPEN))
		return strike(p);
	fd = real.open(path, flags, mode);
	if (fd >= 0 && fd < MOST_DESCRIPTORS) {
		files[fd].plan = p;
		strcpy(files[fd].tail, p ? tail_of(path) : "");
	}
	return fd;
}

int close(int fd)
{
	pthread_once(&once, prepare);
	if (fd >= 0 && fd < MOST_DESCRIPTORS)
		files[fd].plan = NULL;
	return real.close(fd);
}

/* A write that fails has begun, as it does on a full disk. */
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	pthread_once(&once, prepare);
	if (fd_fails(fd, WRITE)) {
		real.pwrite(fd, bytes, length < TORN ? length / 2 : TORN, offset);
		return strike(files[fd].plan);
	}
	return real.pwrite(fd, bytes, length, offset);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t offset)
{
	pthread_once(&once, prepare);
	if (fd_fails(fd, READ))
		return strike(files[fd].plan);
	return real.pread(fd, bytes, length, offset);
}

int ftruncate(int fd, off_t size)
{
	pthread_once(&once, prepare);
	if (fd_fails(fd, TRUNCATE))
		return strike(files[fd].plan);
	return real.ftruncate(fd, size);
}

int fsync(int fd)
{
	pthread_once(&once, prepare);
	if (fd_fails(fd, SYNC))
		return strike(files[fd].plan);
	return real.fsync(fd);
}

int fdatasync(int fd)
{
	pthread_once(&once, prepare);
	if (fd_fails(fd, SYNC))
		return strike(files[fd].plan);
	return real.fdatasync(fd);
}

int unlink(const char *path)
{
	struct plan *p = plan_of(path);

	if (p && fails(p, tail_of(path), UNLINK))
		return strike(p);
	return real.unlink(path);
}

/* The names with 64 are the same functions where offsets have 64 bits. */
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
ssize_t pread64(int fd, void *bytes, size_t length, off_t offset) __attribute__((alias("pread")));
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) __attribute__((alias("pwrite")));
int ftruncate64(int fd, off_t size) __attribute__((alias("ftruncate")));
