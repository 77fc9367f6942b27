/*
 * A program's launcher on Linux and macOS: finds the folder that holds the program, and becomes the program (exec), so that its process,
 * signals, open files, working directory and environment are those that the launcher was given.
 * What it launches stands in spec.h, which launcher-spec.ts writes. Nothing is read at run time but the names of folders.
 */
#include "spec.h"

enum { PATH_BYTES = 4096, MESSAGE_BYTES = 16384, NOT_FOUND = 127, NOT_RUNNABLE = 126 };

struct text {
  char *bytes;
  unsigned long size;
  unsigned long length;
  int is_cut;
};

static void start_text(struct text *text, char *bytes, unsigned long size) {
  text->bytes = bytes;
  text->size = size;
  text->length = 0;
  text->is_cut = 0;
  bytes[0] = 0;
}

static void add(struct text *text, const char *more) {
  while (*more) {
    if (text->length + 1 >= text->size) {
      text->is_cut = 1;
      break;
    }
    text->bytes[text->length++] = *more++;
  }
  text->bytes[text->length] = 0;
}

#if defined(__linux__)
#include "linux.h"
#else
#include "macos.h"
#endif

static void add_number(struct text *text, int number) {
  char digits[12];
  int at = sizeof digits - 1;
  digits[at] = 0;
  do digits[--at] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  add(text, digits + at);
}

static const char *reason_of(int error) {
  switch (error) {
    case ERROR_NO_ENTRY: return "it is not there, or the loader that it asks for is not";
    case ERROR_ACCESS: return "permission denied";
    case ERROR_FORMAT: return "it is no program for this machine";
    case ERROR_TOO_BIG: return "too many arguments";
    case ERROR_NO_MEMORY: return "not enough memory";
    default: return 0;
  }
}

static int say(struct text *message, int code) {
  add(message, "\n");
  system_say(message->bytes, message->length);
  return code;
}

static char message_bytes[MESSAGE_BYTES];
static char own_bytes[PATH_BYTES];
static char folder_bytes[PATH_BYTES];
static char best_bytes[PATH_BYTES];
static char probe_bytes[PATH_BYTES];
static char argument_bytes[ARGUMENT_COUNT + 1][PATH_BYTES];

/* Cuts the last name off, but never the root. */
static void go_up(struct text *path) {
  while (path->length > 1 && path->bytes[path->length - 1] != '/') path->length--;
  if (path->length > 1) path->length--;
  path->bytes[path->length] = 0;
}

static void add_name(struct text *path, const char *name) {
  if (path->length > 1 || path->bytes[0] != '/') add(path, "/");
  add(path, name);
}

static int holds_program(const char *folder, const char *name, const char *rest) {
  struct text path;
  start_text(&path, probe_bytes, sizeof probe_bytes);
  add(&path, folder);
  if (name) add_name(&path, name);
  if (name && *rest) add_name(&path, rest);
  add_name(&path, PROGRAM);
  return !path.is_cut && system_exists(path.bytes);
}

static int is_before(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return (unsigned char)*a < (unsigned char)*b;
}

/* The first name by its bytes, whatever order the file system tells: the same folder on every start. */
static int find_by_star(const char *folder, const char *rest) {
  struct listing listing;
  const char *name;
  best_bytes[0] = 0;
  if (!open_listing(&listing, folder)) return 0;
  while ((name = next_name(&listing))) {
    if (name[0] == '.' || !holds_program(folder, name, rest)) continue;
    if (best_bytes[0] && !is_before(name, best_bytes)) continue;
    struct text best;
    start_text(&best, best_bytes, sizeof best_bytes);
    add(&best, name);
  }
  close_listing(&listing);
  return best_bytes[0] != 0;
}

/* Leaves the folder in folder_bytes. */
static int find_folder(const char *own, struct text *tried) {
  for (int at = 0; at < FOLDER_COUNT; at++) {
    struct text folder;
    start_text(&folder, folder_bytes, sizeof folder_bytes);
    add(&folder, own);
    for (int up = 0; up < FOLDERS[at].ups; up++) go_up(&folder);
    if (*FOLDERS[at].before) add_name(&folder, FOLDERS[at].before);
    add(tried, at ? ", '" : " '");
    add(tried, folder.bytes);
    if (FOLDERS[at].has_star) add(tried, "/*");
    if (*FOLDERS[at].after) {
      add(tried, "/");
      add(tried, FOLDERS[at].after);
    }
    add(tried, "'");
    if (folder.is_cut) continue;
    if (!FOLDERS[at].has_star) {
      if (holds_program(folder.bytes, 0, "")) return 1;
      continue;
    }
    if (!find_by_star(folder.bytes, FOLDERS[at].after)) continue;
    add_name(&folder, best_bytes);
    if (*FOLDERS[at].after) add_name(&folder, FOLDERS[at].after);
    return 1;
  }
  return 0;
}

static int launch(int count, char **arguments, char **environment) {
  struct text message, own, program;
  char *vector[ARGUMENT_COUNT + count + 2];
  int at = 0;
  start_text(&message, message_bytes, sizeof message_bytes - 1);
  add(&message, NAME);
  start_text(&own, own_bytes, sizeof own_bytes);
  if (!system_own_path(&own)) {
    add(&message, ": cannot find out where it lies");
    add(&message, system_own_path_hint);
    return say(&message, NOT_FOUND);
  }
  go_up(&own);

  struct text tried;
  start_text(&tried, message_bytes + message.length, sizeof message_bytes - 1 - message.length);
  add(&tried, ": cannot find '" PROGRAM "': it is in none of");
  if (!find_folder(own.bytes, &tried)) {
    message.length += tried.length;
    return say(&message, NOT_FOUND);
  }

  start_text(&program, probe_bytes, sizeof probe_bytes);
  add(&program, folder_bytes);
  add_name(&program, PROGRAM);
  /* The name that was typed stays the program's: its usage text and the list of processes show it. */
  vector[at++] = count > 0 ? arguments[0] : program.bytes;
  for (int own_at = 0; own_at < ARGUMENT_COUNT; own_at++) {
    if (!ARGUMENTS[own_at].is_in_folder) {
      vector[at++] = (char *)ARGUMENTS[own_at].text;
      continue;
    }
    struct text argument;
    start_text(&argument, argument_bytes[own_at], PATH_BYTES);
    add(&argument, folder_bytes);
    add_name(&argument, ARGUMENTS[own_at].text);
    vector[at++] = argument.bytes;
  }
  for (int given = 1; given < count; given++) vector[at++] = arguments[given];
  vector[at] = 0;

  int error = system_become(program.bytes, vector, environment);
  const char *reason = reason_of(error);
  start_text(&tried, message_bytes + message.length, sizeof message_bytes - 1 - message.length);
  add(&tried, ": cannot run '");
  add(&tried, program.bytes);
  add(&tried, "': ");
  if (reason) add(&tried, reason);
  else {
    add(&tried, "error ");
    add_number(&tried, error);
  }
  message.length += tried.length;
  return say(&message, error == ERROR_NO_ENTRY ? NOT_FOUND : NOT_RUNNABLE);
}

#if defined(__linux__)
void launcher_main(long *stack) {
  int count = (int)stack[0];
  char **arguments = (char **)(stack + 1);
  system_exit(launch(count, arguments, arguments + count + 1));
}
#else
extern char **environ;
int main(int count, char **arguments) { return launch(count, arguments, environ); }
#endif
