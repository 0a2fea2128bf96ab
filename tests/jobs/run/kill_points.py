"""Each rename and each removal that a command makes below a folder, and dying right before or right after one of them.
Deterministic: a library that the loader puts before libc's knows them by name."""

import collections
import signal
from dataclasses import dataclass

from preloaded import preloaded

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char event[3 * PATH_MAX];

static const char* rank(void) {
  const char* number = getenv("OMPI_COMM_WORLD_RANK");
  return number ? number : "-";
}

/* "VERB PATH", the path relative to WATCHED; 0 when it lies elsewhere. */
static int seen(const char* verb, int at, const char* path) {
  char full[2 * PATH_MAX] = "", link[64];
  if (path[0] != '/') {
    snprintf(link, sizeof link, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
    ssize_t n = readlink(link, full, PATH_MAX);
    strcpy(full + (n > 0 ? n : 0), "/");
  }
  strncat(full, path, PATH_MAX - 1);
  const char* watched = getenv("WATCHED");
  size_t length = watched ? strlen(watched) : 0;
  if (length == 0 || strncmp(full, watched, length) != 0 || full[length] != '/') return 0;
  snprintf(event, sizeof event, "%s %s", verb, full + length + 1);
  if (getenv("SEEN")) {
    FILE* file = fopen(getenv("SEEN"), "a");
    fprintf(file, "%s %s\n", rank(), event);
    fclose(file);
  }
  return 1;
}

/* Whether this is the rank, the event and the time of it at which to die. */
static int ends_here(void) {
  static int times;
  const char* wanted = getenv("DIES_AT");
  return wanted && strcmp(getenv("DIES_RANK"), rank()) == 0 && strcmp(wanted, event) == 0 &&
         ++times == atoi(getenv("DIES_TIMES"));
}

static void die_if(int ends, const char* when) {
  if (ends && strcmp(getenv("DIES"), when) == 0) raise(atoi(getenv("DIES_OF")));
}

#define WATCH(name, parameters, arguments, watched)    \
  int name parameters {                                \
    int(*real) parameters = dlsym(RTLD_NEXT, #name);   \
    int ends = (watched) && ends_here();               \
    die_if(ends, "before");                            \
    int result = real arguments;                       \
    die_if(ends, "after");                             \
    return result;                                     \
  }
static int removed(int at, const char* path) { /* what is not there is not removed */
  struct stat found;
  return fstatat(at, path, &found, AT_SYMLINK_NOFOLLOW) == 0 && seen("remove", at, path);
}
WATCH(rename, (const char* from, const char* to), (from, to), seen("rename", AT_FDCWD, to))
WATCH(renameat2, (int a, const char* from, int b, const char* to, unsigned f), (a, from, b, to, f), seen("rename", b, to))
WATCH(remove, (const char* path), (path), removed(AT_FDCWD, path))
WATCH(unlink, (const char* path), (path), removed(AT_FDCWD, path))
WATCH(unlinkat, (int at, const char* path, int f), (at, path, f), removed(at, path))
"""


@dataclass(frozen=True)
class KillPoint:
    ranks: int
    rank: str  # "-": the program alone, without mpirun
    event: str  # "rename store/steps/…/done": the new name, below the folder
    times: int  # the n-th time that this rank does it
    when: str  # before or after


class KillPoints:
    """Of commands that have to do with one folder, as long as the class's tests run."""

    def __init__(self, test_class, folder):
        self.shim = preloaded(test_class, SHIM)
        self.folder = folder.resolve()
        self.seen = self.folder.parent / "seen"

    def listening(self):
        """The environment in which a command writes down what it does."""
        self.seen.write_text("")
        return {"LD_PRELOAD": str(self.shim), "WATCHED": str(self.folder), "SEEN": str(self.seen)}

    def heard(self, ranks=1):
        """All points of the command that listened."""
        points, times = [], collections.Counter()
        for line in self.seen.read_text().splitlines():
            times[line] += 1
            rank, event = line.split(" ", 1)
            if event == "rename log/status.json" and times[line] > 1:
                continue  # as often as the clock says
            points += [KillPoint(ranks, rank, event, times[line], when) for when in ("before", "after")]
        return points

    def dying(self, point, of=signal.SIGKILL):
        """The environment in which the command that was heard gets this signal at this point."""
        return {"LD_PRELOAD": str(self.shim), "WATCHED": str(self.folder), "DIES": point.when, "DIES_RANK": point.rank,
                "DIES_AT": point.event, "DIES_TIMES": str(point.times), "DIES_OF": str(int(of)),
                "OMPI_MCA_odls_base_sigkill_timeout": "0"}  # mpirun kills the other ranks at once, not after a second or two


def some(choose, points, kind):
    """For each kind a point of one rank and one of several, one of them before and the other after it; of kinds that
    other ranks than the first do too, one more of such a rank."""
    of_kind = collections.defaultdict(list)
    for point in points:
        of_kind[kind(point)].append(point)
    chosen = []
    for same in of_kind.values():
        alone, first, others = ([p for p in same if wanted(p)] for wanted in (
            lambda p: p.ranks == 1, lambda p: p.ranks > 1, lambda p: p.rank not in ("-", "0")))
        when = choose.choice(["before", "after"])
        alone = [point for point in alone if point.when == when]
        first = [point for point in first if point.when != when]
        chosen += [choose.choice(found) for found in (alone, first, others) if found]
    return chosen
