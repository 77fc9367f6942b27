/** Owns the lists of libraries that every system of a kind has, so that a program may lean on them. */
import type { OperatingSystem } from '../platform';

/**
 * glibc's own libraries, and libgcc_s, which glibc itself loads. Nothing else stands on every distribution:
 * not libstdc++, not zlib, and not libcrypt, which newer ones ship under another number.
 */
const LINUX =
  /^(?:ld-linux[\w.-]*\.so\.\d|ld64\.so\.\d|linux-vdso\.so\.1|lib(?:c|m|mvec)\.so\.6|lib(?:pthread|thread_db)\.so\.[01]|libdl\.so\.2|librt\.so\.1|libutil\.so\.1|libresolv\.so\.2|libanl\.so\.1|libBrokenLocale\.so\.1|libnss_\w+\.so\.2|libgcc_s\.so\.1)$/;

const MACOS = /^(?:\/usr\/lib\/|\/System\/)/;

/** In every Windows since 10, Server Core included; not the C++ runtime (vcruntime140.dll, msvcp140.dll). */
const WINDOWS = new Set(
  (
    'advapi32 bcrypt bcryptprimitives cfgmgr32 combase comctl32 comdlg32 crypt32 cryptbase cryptsp dbghelp dnsapi dwmapi gdi32 hid imm32 ' +
    'iphlpapi kernel32 kernelbase mpr mscoree msi msimg32 msvcrt mswsock ncrypt netapi32 ntdll ole32 oleaut32 opengl32 pathcch pdh powrprof ' +
    'propsys psapi rpcrt4 secur32 setupapi shcore shell32 shlwapi sspicli ucrtbase urlmon user32 userenv usp10 uxtheme version winhttp wininet ' +
    'winmm winspool wintrust wldap32 ws2_32 wtsapi32'
  )
    .split(' ')
    .map((name) => `${name}.dll`),
);

function isInBaseSystem(os: OperatingSystem, library: string): boolean {
  switch (os) {
    case 'linux':
      return LINUX.test(library);
    case 'macos':
      return MACOS.test(library);
    case 'windows':
      return WINDOWS.has(library.toLowerCase().replace(/\.drv$/, '.dll'));
  }
}

/** Windows resolves these names to whatever file implements them; they are no files. */
export function isApiSet(library: string): boolean {
  return /^(?:api|ext)-ms-/i.test(library);
}

/** Those of `libraries` that a bare system may lack: whoever installs the program must bring them. */
export function beyondBaseSystem(os: OperatingSystem, libraries: readonly string[]): readonly string[] {
  return libraries.filter((library) => !isInBaseSystem(os, library));
}
