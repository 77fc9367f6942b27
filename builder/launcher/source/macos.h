/* What the launcher asks of macOS, through libSystem: the system's calls are promised there alone. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <mach-o/dyld.h>
#include <stdlib.h>
#include <unistd.h>

enum { ERROR_NO_ENTRY = ENOENT, ERROR_TOO_BIG = E2BIG, ERROR_FORMAT = ENOEXEC, ERROR_NO_MEMORY = ENOMEM, ERROR_ACCESS = EACCES };

static void system_say(const char *bytes, unsigned long length) {
  if (write(2, bytes, length) < 0) return;
}

static const char *const system_own_path_hint = "";
static int system_own_path(struct text *path) {
  static char typed[PATH_MAX * 4];
  static char real[PATH_MAX];
  uint32_t size = sizeof typed;
  if (_NSGetExecutablePath(typed, &size) != 0 || !realpath(typed, real)) return 0;
  add(path, real);
  return !path->is_cut;
}

static int system_exists(const char *path) { return access(path, F_OK) == 0; }

static int system_become(const char *program, char **arguments, char **environment) {
  execve(program, arguments, environment);
  /* A file of another processor: its own number here, the same sentence. */
  return errno == EBADARCH || errno == EBADEXEC ? ENOEXEC : errno;
}

struct listing {
  DIR *directory;
};

static int open_listing(struct listing *listing, const char *folder) {
  listing->directory = opendir(folder);
  return listing->directory != 0;
}

static const char *next_name(struct listing *listing) {
  struct dirent *entry = readdir(listing->directory);
  return entry ? entry->d_name : 0;
}

static void close_listing(struct listing *listing) { closedir(listing->directory); }
