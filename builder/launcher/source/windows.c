/*
 * A program's launcher on Windows: finds the folder that holds the program, starts it as a child that cannot outlive it, and ends with
 * the child's exit code. It links to kernel32.dll alone.
 * What it launches stands in spec.h, which launcher-spec.ts writes. Nothing is read at run time but the names of folders.
 */
#define WIN32_LEAN_AND_MEAN
#define UNICODE
#include <windows.h>
#include "spec.h"

/* 32,767 characters are the most that a path or a command line may have: learn.microsoft.com, CreateProcessW. */
enum { MOST_CHARACTERS = 32767, NOT_FOUND = 127, NOT_RUNNABLE = 126 };

struct text {
  WCHAR *units;
  DWORD length;
  BOOL is_cut;
};

static WCHAR message_units[MOST_CHARACTERS + 1];
static WCHAR own_units[MOST_CHARACTERS + 1];
static WCHAR folder_units[MOST_CHARACTERS + 1];
static WCHAR best_units[MAX_PATH + 1];
static WCHAR probe_units[MOST_CHARACTERS + 1];
static WCHAR line_units[MOST_CHARACTERS + 1];
static char console_bytes[3 * MOST_CHARACTERS];
static WIN32_FIND_DATAW found;

static struct text text_of(WCHAR *units) {
  struct text text = { units, 0, FALSE };
  units[0] = 0;
  return text;
}

static void add_unit(struct text *text, WCHAR unit) {
  if (text->length >= MOST_CHARACTERS) {
    text->is_cut = TRUE;
    return;
  }
  text->units[text->length++] = unit;
  text->units[text->length] = 0;
}

static void add(struct text *text, const WCHAR *more) {
  while (*more) add_unit(text, *more++);
}

static void add_number(struct text *text, DWORD number) {
  WCHAR digits[12];
  int at = 11;
  digits[at] = 0;
  do digits[--at] = (WCHAR)('0' + number % 10);
  while ((number /= 10) > 0);
  add(text, digits + at);
}

static void go_up(struct text *path) {
  while (path->length > 0 && path->units[path->length - 1] != '\\') path->length--;
  /* `C:\` keeps its backslash. */
  if (path->length > 3) path->length--;
  path->units[path->length] = 0;
}

static void add_name(struct text *path, const WCHAR *name) {
  if (path->length > 0 && path->units[path->length - 1] != '\\') add_unit(path, '\\');
  add(path, name);
}

/* To a console in its own characters, to a pipe or file in UTF-8. A program without a console shows a box, where nobody reads the rest. */
static void say(const struct text *message) {
  HANDLE output = GetStdHandle(STD_ERROR_HANDLE);
  DWORD mode, written;
  if (output == NULL || output == INVALID_HANDLE_VALUE) {
#if !IS_CONSOLE
    HMODULE user32 = LoadLibraryW(L"user32.dll");
    int(WINAPI * show)(HWND, LPCWSTR, LPCWSTR, UINT) = user32 ? (void *)GetProcAddress(user32, "MessageBoxW") : NULL;
    if (show) show(NULL, message->units, NAME, MB_ICONERROR);
#endif
    return;
  }
  if (GetConsoleMode(output, &mode)) {
    WriteConsoleW(output, message->units, message->length, &written, NULL);
    return;
  }
  int size = WideCharToMultiByte(CP_UTF8, 0, message->units, (int)message->length, console_bytes, sizeof console_bytes, NULL, NULL);
  WriteFile(output, console_bytes, (DWORD)size, &written, NULL);
}

__attribute__((noreturn)) static void fail(struct text *message, UINT code) {
  add(message, L"\r\n");
  say(message);
  ExitProcess(code);
}

static BOOL is_file(const WCHAR *path) {
  DWORD attributes = GetFileAttributesW(path);
  return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

/* Where a link that was started leads to; else the module's own name. */
static BOOL find_own_path(struct text *path) {
  DWORD length = GetModuleFileNameW(NULL, probe_units, MOST_CHARACTERS);
  if (length == 0 || length >= MOST_CHARACTERS) return FALSE;
  HANDLE file = CreateFileW(probe_units, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
  DWORD real = 0;
  if (file != INVALID_HANDLE_VALUE) {
    real = GetFinalPathNameByHandleW(file, folder_units, MOST_CHARACTERS, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    CloseHandle(file);
  }
  /* `\\?\C:\…` is `C:\…`; a share's `\\?\UNC\…` and a path too long for its plain spelling stay what the module says. */
  BOOL is_drive = real > 6 && real < MAX_PATH && folder_units[0] == '\\' && folder_units[2] == '?' && folder_units[5] == ':';
  add(path, is_drive ? folder_units + 4 : probe_units);
  return !path->is_cut;
}

static BOOL holds_program(const WCHAR *folder, const WCHAR *name, const WCHAR *rest) {
  struct text path = text_of(probe_units);
  add(&path, folder);
  if (name) add_name(&path, name);
  if (name && *rest) add_name(&path, rest);
  add_name(&path, PROGRAM);
  return !path.is_cut && is_file(path.units);
}

static BOOL is_before(const WCHAR *a, const WCHAR *b) {
  while (*a && *a == *b) a++, b++;
  return *a < *b;
}

/* The first name by its units, whatever order the file system tells: the same folder on every start. */
static BOOL find_by_star(const WCHAR *folder, const WCHAR *rest) {
  struct text pattern = text_of(line_units), best = text_of(best_units);
  add(&pattern, folder);
  add_name(&pattern, L"*");
  HANDLE search = FindFirstFileW(pattern.units, &found);
  if (search == INVALID_HANDLE_VALUE) return FALSE;
  do {
    if (found.cFileName[0] == '.' || !holds_program(folder, found.cFileName, rest)) continue;
    if (best.length > 0 && !is_before(found.cFileName, best.units)) continue;
    best = text_of(best_units);
    add(&best, found.cFileName);
  } while (FindNextFileW(search, &found));
  FindClose(search);
  return best.length > 0;
}

/* Leaves the folder in `folder`. */
static BOOL find_folder(const WCHAR *own, struct text *folder, struct text *tried) {
  for (int at = 0; at < FOLDER_COUNT; at++) {
    *folder = text_of(folder_units);
    add(folder, own);
    for (int up = 0; up < FOLDERS[at].ups; up++) go_up(folder);
    if (*FOLDERS[at].before) add_name(folder, FOLDERS[at].before);
    add(tried, at ? L", '" : L" '");
    add(tried, folder->units);
    if (FOLDERS[at].has_star) add(tried, L"\\*");
    if (*FOLDERS[at].after) {
      add(tried, L"\\");
      add(tried, FOLDERS[at].after);
    }
    add(tried, L"'");
    if (folder->is_cut) continue;
    if (!FOLDERS[at].has_star) {
      if (holds_program(folder->units, NULL, L"")) return TRUE;
      continue;
    }
    if (!find_by_star(folder->units, FOLDERS[at].after)) continue;
    add_name(folder, best_units);
    if (*FOLDERS[at].after) add_name(folder, FOLDERS[at].after);
    return TRUE;
  }
  return FALSE;
}

/* As every C runtime reads it back: learn.microsoft.com, "Parsing C command-line arguments". */
static void add_quoted(struct text *line, const WCHAR *argument) {
  unsigned backslashes = 0;
  add_unit(line, '"');
  for (; *argument; argument++) {
    if (*argument == '"') for (backslashes++; backslashes > 0; backslashes--) add_unit(line, '\\');
    backslashes = *argument == '\\' ? backslashes + 1 : 0;
    add_unit(line, *argument);
  }
  for (; backslashes > 0; backslashes--) add_unit(line, '\\');
  add_unit(line, '"');
}

/* What the caller wrote behind the program's name, exactly as it was written: quotes mean what the program takes them for. */
static const WCHAR *caller_arguments(void) {
  const WCHAR *line = GetCommandLineW();
  BOOL is_quoted = FALSE;
  for (; *line && (is_quoted || (*line != ' ' && *line != '\t')); line++)
    if (*line == '"') is_quoted = !is_quoted;
  return line;
}

static HANDLE child_process;

/* The console tells the child too: this process only has to stay until the child has ended. */
static BOOL WINAPI on_control(DWORD event) {
  if (event == CTRL_CLOSE_EVENT || event == CTRL_LOGOFF_EVENT || event == CTRL_SHUTDOWN_EVENT) WaitForSingleObject(child_process, INFINITE);
  return TRUE;
}

static void limit_job(HANDLE job, DWORD flags) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  volatile BYTE *bytes = (volatile BYTE *)&limits;
  for (unsigned at = 0; at < sizeof limits; at++) bytes[at] = 0;
  limits.BasicLimitInformation.LimitFlags = flags;
  SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
}

/* The three streams, whether or not whoever started this process marked them to be handed on. */
static void hand_on_streams(STARTUPINFOW *startup) {
  HANDLE *const streams[] = { &startup->hStdInput, &startup->hStdOutput, &startup->hStdError };
  const DWORD names[] = { STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE };
  for (unsigned at = 0; at < 3; at++) {
    HANDLE handle = GetStdHandle(names[at]);
    *streams[at] = handle == INVALID_HANDLE_VALUE ? NULL : handle;
    if (*streams[at]) SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
  }
  /* A shortcut's hot key and a monitor (0x400) are told in the same fields. */
  startup->dwFlags = (startup->dwFlags & ~(DWORD)(STARTF_USEHOTKEY | 0x400)) | STARTF_USESTDHANDLES;
}

static UINT run(struct text *message, const WCHAR *program, WCHAR *line) {
  STARTUPINFOW startup;
  PROCESS_INFORMATION child;
  DWORD code = 0;
  /* With what a C runtime hands on besides: more open files than three. */
  GetStartupInfoW(&startup);
  hand_on_streams(&startup);
  HANDLE job = CreateJobObjectW(NULL, NULL);
  if (job) limit_job(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK);
  /* Suspended: it is in the job before it can start anything. */
  const DWORD flags = CREATE_SUSPENDED | (IS_CONSOLE ? 0 : CREATE_NO_WINDOW);
  if (!CreateProcessW(program, line, NULL, NULL, TRUE, flags, NULL, NULL, &startup, &child)) {
    DWORD error = GetLastError();
    add(message, L": cannot run '");
    add(message, program);
    add(message, L"': error ");
    add_number(message, error);
    if (error == ERROR_BAD_EXE_FORMAT) add(message, L", it is no program for this machine");
    if (error == ERROR_ACCESS_DENIED) add(message, L", access denied");
    fail(message, error == ERROR_FILE_NOT_FOUND ? NOT_FOUND : NOT_RUNNABLE);
  }
  child_process = child.hProcess;
  SetConsoleCtrlHandler(on_control, TRUE);
  if (job) AssignProcessToJobObject(job, child.hProcess);
  ResumeThread(child.hThread);
  CloseHandle(child.hThread);
  WaitForSingleObject(child.hProcess, INFINITE);
  GetExitCodeProcess(child.hProcess, &code);
  /* It ended by itself: what it started and meant to stay, stays. Where this process is ended from outside, everything goes with it. */
  if (job) limit_job(job, 0);
  return code;
}

void launcher_main(void) {
  struct text message = text_of(message_units), own = text_of(own_units), folder;
  add(&message, NAME);
  if (!find_own_path(&own)) {
    add(&message, L": cannot find out where it lies");
    fail(&message, NOT_FOUND);
  }
  go_up(&own);
  const DWORD named = message.length;
  add(&message, L": cannot find '");
  add(&message, PROGRAM);
  add(&message, L"': it is in none of");
  if (!find_folder(own.units, &folder, &message)) fail(&message, NOT_FOUND);
  message.length = named;
  message.units[named] = 0;

  struct text program = text_of(probe_units);
  add(&program, folder.units);
  add_name(&program, PROGRAM);
  struct text line = text_of(line_units);
  add_quoted(&line, program.units);
  for (int at = 0; at < ARGUMENT_COUNT; at++) {
    struct text argument = text_of(own_units);
    if (ARGUMENTS[at].is_in_folder) {
      add(&argument, folder.units);
      add_name(&argument, ARGUMENTS[at].text);
    } else add(&argument, ARGUMENTS[at].text);
    add_unit(&line, ' ');
    add_quoted(&line, argument.units);
  }
  add(&line, caller_arguments());
  if (line.is_cut) {
    add(&message, L": the command line is too long");
    fail(&message, NOT_RUNNABLE);
  }
  ExitProcess(run(&message, program.units, line.units));
}
