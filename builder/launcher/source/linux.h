/*
 * What the launcher asks of Linux, as system calls: it links to no C library, so that it runs on every distribution, is two pages long,
 * and is compiled in a moment. Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of the kernel.
 */
#if defined(__x86_64__)
enum { CALL_WRITE = 1, CALL_CLOSE = 3, CALL_EXECVE = 59, CALL_EXIT_GROUP = 231, CALL_GETDENTS64 = 217, CALL_OPENAT = 257,
       CALL_READLINKAT = 267, CALL_FACCESSAT = 269 };
enum { OPEN_DIRECTORY = 0200000, OPEN_CLOSE_ON_EXEC = 02000000 };

__asm__(".globl _start\n"
        "_start:\n"
        "  xor %ebp, %ebp\n"
        "  mov %rsp, %rdi\n"
        "  and $-16, %rsp\n"
        "  call launcher_main\n");

static long call4(long number, long a, long b, long c, long d) {
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
enum { CALL_WRITE = 64, CALL_CLOSE = 57, CALL_EXECVE = 221, CALL_EXIT_GROUP = 94, CALL_GETDENTS64 = 61, CALL_OPENAT = 56,
       CALL_READLINKAT = 78, CALL_FACCESSAT = 48 };
enum { OPEN_DIRECTORY = 040000, OPEN_CLOSE_ON_EXEC = 02000000 };

__asm__(".globl _start\n"
        "_start:\n"
        "  mov x29, #0\n"
        "  mov x30, #0\n"
        "  mov x0, sp\n"
        "  and sp, x0, #-16\n"
        "  bl launcher_main\n");

static long call4(long number, long a, long b, long c, long d) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}
#else
#error "no system calls are written down for this processor"
#endif

enum { HERE = -100 /* AT_FDCWD */, ERROR_NO_ENTRY = 2, ERROR_TOO_BIG = 7, ERROR_FORMAT = 8, ERROR_NO_MEMORY = 12, ERROR_ACCESS = 13 };

__attribute__((noreturn)) static void system_exit(int code) {
  for (;;) call4(CALL_EXIT_GROUP, code, 0, 0, 0);
}

static void system_say(const char *bytes, unsigned long length) { call4(CALL_WRITE, 2, (long)bytes, (long)length, 0); }

/* The kernel's own name of the running file: every link on the way to it is followed. */
static const char *const system_own_path_hint = ": /proc is not mounted";
static int system_own_path(struct text *path) {
  long length = call4(CALL_READLINKAT, HERE, (long)"/proc/self/exe", (long)path->bytes, (long)path->size);
  if (length <= 0 || (unsigned long)length >= path->size || path->bytes[0] != '/') return 0;
  path->length = (unsigned long)length;
  path->bytes[length] = 0;
  return 1;
}

static int system_exists(const char *path) { return call4(CALL_FACCESSAT, HERE, (long)path, 0, 0) == 0; }

static int system_become(const char *program, char **arguments, char **environment) {
  return (int)-call4(CALL_EXECVE, (long)program, (long)arguments, (long)environment, 0);
}

/* struct linux_dirent64 of getdents64(2) */
struct directory_entry {
  unsigned long inode;
  long offset;
  unsigned short size;
  unsigned char type;
  char name[];
};

struct listing {
  long descriptor;
  long length;
  long at;
  _Alignas(8) char entries[32768];
};

static int open_listing(struct listing *listing, const char *folder) {
  listing->length = listing->at = 0;
  listing->descriptor = call4(CALL_OPENAT, HERE, (long)folder, OPEN_DIRECTORY | OPEN_CLOSE_ON_EXEC, 0);
  return listing->descriptor >= 0;
}

static const char *next_name(struct listing *listing) {
  if (listing->at >= listing->length) {
    listing->at = 0;
    listing->length = call4(CALL_GETDENTS64, listing->descriptor, (long)listing->entries, sizeof listing->entries, 0);
    if (listing->length <= 0) return 0;
  }
  struct directory_entry *entry = (struct directory_entry *)(listing->entries + listing->at);
  listing->at += entry->size;
  return entry->name;
}

static void close_listing(struct listing *listing) { call4(CALL_CLOSE, listing->descriptor, 0, 0, 0); }
