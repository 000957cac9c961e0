/*
 * record.c writes a book of what a program does to the files of one directory:
 * every open, write, truncation, sync and removal, in the order in which they
 * happened. From the book the test rebuilds the directory as a power cut could
 * have left it at any moment.
 *
 * It is loaded before the C library (LD_PRELOAD), so it sees what goes through
 * it, which is all that SQLite does. It does not see system calls that Go makes
 * by itself. Two tests watch over that: one that the program imports no other
 * function that changes files, one that the book, played to its end, gives the
 * files that are really there.
 *
 *   RECORD_DIRECTORY   the directory, without symbolic links; files in folders
 *                      of it are not looked at
 *   RECORD_BOOK        the file to append to; others may append to it as well
 *
 * An entry is 24 bytes, in the byte order of the machine, and what follows:
 *
 *   what (4)  descriptor (4)  place (8)  length (8)  bytes (length)
 *
 *   P  a process begins; descriptors of earlier ones mean nothing any more
 *   O  opened: place = flags, bytes = path
 *   W  written: place = offset, bytes = what
 *   T  cut or extended: place = new size
 *   S  synced, a file or the directory itself
 *   U  removed: bytes = path
 *   R  renamed: bytes = old path, 0, new path
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Some C libraries have the names with 64 as macros. */
#undef open64
#undef pwrite64
#undef ftruncate64

_Static_assert(sizeof(off_t) == 8, "offsets must have 64 bits");

enum { MOST_DESCRIPTORS = 65536 };

struct entry {
	uint32_t what;
	int32_t descriptor;
	int64_t place;
	int64_t length;
};

/* The functions of the C library that ours stand before. */
static struct {
	int (*open)(const char *, int, ...);
	int (*close)(int);
	ssize_t (*write)(int, const void *, size_t);
	ssize_t (*pwrite)(int, const void *, size_t, off_t);
	int (*ftruncate)(int, off_t);
	int (*fsync)(int);
	int (*fdatasync)(int);
	int (*unlink)(const char *);
	int (*rename)(const char *, const char *);
} real;

static const char *directory;
static int book = -1;                        /* -1: nothing is recorded */
static char watched[MOST_DESCRIPTORS];       /* by descriptor: in the directory */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Held while a call is made and entered, so that the book has the true order. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* An incomplete book would prove nothing. */
static void give_up(const char *why)
{
	fprintf(stderr, "record: %s: %s\n", why, strerror(errno));
	abort();
}

static void enter(char what, int descriptor, int64_t place, const void *bytes, size_t length)
{
	int before = errno;
	struct entry e = { (uint32_t)what, descriptor, place, (int64_t)length };
	struct iovec parts[2] = { { &e, sizeof e }, { (void *)bytes, length } };

	if (writev(book, parts, 2) != (ssize_t)(sizeof e + length))
		give_up("writing the book");
	errno = before;
}

static void prepare(void)
{
	const char *path = getenv("RECORD_BOOK");

	real.open = dlsym(RTLD_NEXT, "open");
	real.close = dlsym(RTLD_NEXT, "close");
	real.write = dlsym(RTLD_NEXT, "write");
	real.pwrite = dlsym(RTLD_NEXT, "pwrite");
	real.ftruncate = dlsym(RTLD_NEXT, "ftruncate");
	real.fsync = dlsym(RTLD_NEXT, "fsync");
	real.fdatasync = dlsym(RTLD_NEXT, "fdatasync");
	real.unlink = dlsym(RTLD_NEXT, "unlink");
	real.rename = dlsym(RTLD_NEXT, "rename");

	directory = getenv("RECORD_DIRECTORY");
	if (!path || !directory)
		return;
	book = real.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (book < 0)
		give_up(path);
	enter('P', 0, 0, NULL, 0);
}

static void lock(void)
{
	pthread_once(&once, prepare);
	pthread_mutex_lock(&turn);
}

static void unlock(void)
{
	pthread_mutex_unlock(&turn);
}

/*
 * Whether a path is the directory or a file in it. The index of a write-ahead
 * log, -shm, is left out: it is mapped into memory, never synced, and made anew
 * by whoever opens the file first.
 */
static int is_ours(const char *path)
{
	size_t n, all;

	if (book < 0 || !path)
		return 0;
	n = strlen(directory);
	if (strncmp(path, directory, n) != 0)
		return 0;
	if (path[n] == 0)
		return 1;
	if (path[n] != '/' || strchr(path + n + 1, '/'))
		return 0;
	all = strlen(path);
	return all < 4 || strcmp(path + all - 4, "-shm") != 0;
}

static int is_watched(int fd)
{
	return fd >= 0 && fd < MOST_DESCRIPTORS && watched[fd];
}

int open(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode = 0;
	int fd;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(rest, flags);
		mode = va_arg(rest, mode_t);
		va_end(rest);
	}
	lock();
	fd = real.open(path, flags, mode);
	if (fd >= 0 && is_ours(path)) {
		if (fd >= MOST_DESCRIPTORS)
			give_up("too many files are open");
		watched[fd] = 1;
		enter('O', fd, flags, path, strlen(path));
		if (flags & O_TRUNC)
			enter('T', fd, 0, NULL, 0);
	}
	unlock();
	return fd;
}

int close(int fd)
{
	int result;

	lock();
	if (is_watched(fd))
		watched[fd] = 0;
	result = real.close(fd);
	unlock();
	return result;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	ssize_t n;

	lock();
	n = real.write(fd, bytes, length);
	if (n > 0 && is_watched(fd))
		enter('W', fd, lseek(fd, 0, SEEK_CUR) - n, bytes, n);
	unlock();
	return n;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	ssize_t n;

	lock();
	n = real.pwrite(fd, bytes, length, offset);
	if (n > 0 && is_watched(fd))
		enter('W', fd, offset, bytes, n);
	unlock();
	return n;
}

int ftruncate(int fd, off_t size)
{
	int result;

	lock();
	result = real.ftruncate(fd, size);
	if (result == 0 && is_watched(fd))
		enter('T', fd, size, NULL, 0);
	unlock();
	return result;
}

int fsync(int fd)
{
	int result;

	lock();
	result = real.fsync(fd);
	if (result == 0 && is_watched(fd))
		enter('S', fd, 0, NULL, 0);
	unlock();
	return result;
}

int fdatasync(int fd)
{
	int result;

	lock();
	result = real.fdatasync(fd);
	if (result == 0 && is_watched(fd))
		enter('S', fd, 0, NULL, 0);
	unlock();
	return result;
}

int unlink(const char *path)
{
	int result;

	lock();
	result = real.unlink(path);
	if (result == 0 && is_ours(path))
		enter('U', 0, 0, path, strlen(path));
	unlock();
	return result;
}

int rename(const char *old, const char *new)
{
	char both[8192];
	int result, n;

	lock();
	result = real.rename(old, new);
	if (result == 0 && (is_ours(old) || is_ours(new))) {
		n = snprintf(both, sizeof both, "%s%c%s", old, 0, new);
		if (n >= (int)sizeof both)
			give_up("a path is too long");
		enter('R', 0, 0, both, n);
	}
	unlock();
	return result;
}

/* The names with 64 are the same functions where offsets have 64 bits. */
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) __attribute__((alias("pwrite")));
int ftruncate64(int fd, off_t size) __attribute__((alias("ftruncate")));
