package sqlite

// What SQLite allocates comes from one arena of glibc's malloc. It would make
// one for each thread that a goroutine calls SQLite from, and what is freed in one
// is of no use to the others: 70 MB of 350 under full load with ten live tails
// and a search. That all allocations wait for one lock costs nothing that can be
// measured: one writer makes nearly all of them. It must be said before Go starts
// its threads.

/*
#include <malloc.h>
#include <stdlib.h>

static void __attribute__((constructor)) one_arena(void) {
#ifdef M_ARENA_MAX // C libraries other than glibc do without arenas
	if (!getenv("MALLOC_ARENA_MAX")) {
		mallopt(M_ARENA_MAX, 1);
	}
#endif
}
*/
import "C"
