#!/bin/sh
#: about
#
# Everything is in functions, and the call is the last line: of a script that broke off on its way nothing runs.
# For every shell that is sh somewhere: ${1+"$@"} is for those to which "$@" is unset where there is none (posh 0.14).
if [ -n "${ZSH_VERSION:-}" ]; then emulate sh; fi
set -eu

#: facts

#: places.sh

usage() {
  say "Installs $title for you alone: no administrator, nothing outside of one folder but a line in your shell's profile.

usage: sh install.sh [options]        or: curl -fsSL LINK/install.sh | sh -s -- [options]

  --dir DIR            install below DIR (default: \$${variable}_INSTALL_DIR, or ~/.local)
  --no-modify-path     leave the shell's profiles alone (as \$${variable}_NO_MODIFY_PATH does when it is set)
  --platform PLATFORM  not the package of this system but: $(printf '%s' "$platforms" | tr '\n' ' ')
  --ignore-requires    install though this system lacks what the programs need
  --force              fetch and unpack again what is installed
  --uninstall          remove an installation
  --help               this text

DIR/bin gets the programs, DIR/share/$name the versions: the one that is used, and the one before.
The SHA-256 of what is fetched is checked against the one in this script.

exit codes: 0 done, 1 something else went wrong, 2 wrong use, 3 no package for this system, 4 this system lacks what the programs
need, 5 a tool is missing, 6 the download failed or was refused, 7 not the bytes that were promised, 8 cannot be written,
9 something is in the way, 130 and 143 interrupted. Whatever it ends with, the version that was installed before stays usable."
}

main() {
  facts
  has_lock=no
  work=
  made_folders=
  given_platform=
  is_forced=no
  is_requirement_ignored=no
  read_options ${1+"$@"}
  choose_place
  choose_platform
  check_requires
  trap 'clean_up' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  prepare_place
  if is_installed; then
    say "$title${version:+ $version} is installed in '$prefix' already"
  else
    fetch_and_unpack
    # What is left takes no time, and is not left half done.
    trap '' INT TERM HUP
    switch_current
  fi
  link_programs
  keep_uninstaller
  remove_old_releases
  made_folders=
  tell_end
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --dir | --platform) if [ $# -lt 2 ] || [ -z "$2" ]; then fail 2 "$1 needs a value" 'see --help'; fi ;;
    esac
    case $1 in
      --dir) install_dir=$2; shift ;;
      --dir=?*) install_dir=${1#--dir=} ;;
      --platform) given_platform=$2; shift ;;
      --platform=?*) given_platform=${1#--platform=} ;;
      --no-modify-path) no_modify_path=1 ;;
      --ignore-requires) is_requirement_ignored=yes ;;
      --force) is_forced=yes ;;
      --uninstall) remove_installation ;;
      --help | -h) usage; exit 0 ;;
      *) fail 2 "there is no option '$1'" 'see --help' ;;
    esac
    shift
  done
}

# The same that every installation keeps, so that one way to remove is tested.
remove_installation() {
  choose_place
  trap - EXIT
  uninstaller | sh -s -- --dir "$prefix"
  exit $?
}

choose_place() {
  if [ -n "$install_dir" ]; then
    set_places "$install_dir"
  elif [ -n "${HOME:-}" ]; then
    set_places "$HOME/.local"
  else
    fail 8 'HOME is not set: nobody says where your files are' "set HOME, or ${variable}_INSTALL_DIR to the folder to install into"
  fi
}

# ---- which package -------------------------------------------------------------------------------------------------------------------

choose_platform() {
  if [ -n "$given_platform" ]; then
    platform=$given_platform
    if ! printf '%s\n' "$platforms" | grep -q -x -F -e "$platform"; then
      fail 3 "there is no package for '$platform'" "there is: $(one_line "$platforms")"
    fi
    return 0
  fi
  system=$(uname -s)
  machine=$(uname -m)
  case $system in
    Linux) os=linux ;;
    Darwin) os=macos ;;
    MINGW* | MSYS* | CYGWIN* | Windows*) fail 3 'this script is for Linux and macOS' "on Windows, run in PowerShell: irm $link/install.ps1 | iex" ;;
    *) fail 3 "this script does not know the system '$system'" "there are packages for: $(one_line "$platforms")" ;;
  esac
  # A terminal under Rosetta says x86_64 on a Mac that is none.
  if [ "$os" = macos ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" = 1 ]; then machine=arm64; fi
  case $machine in
    x86_64 | amd64) arch=x86_64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail 3 "there is no package for a '$machine' processor" "there is: $(one_line "$platforms")" ;;
  esac
  if [ "$os" = linux ] && [ "$(getconf LONG_BIT 2>/dev/null || :)" = 32 ]; then
    fail 3 "this is a 32-bit system, though its processor ($machine) could run a 64-bit one" "there are packages for: $(one_line "$platforms")"
  fi
  platform=$os-$arch
  if printf '%s\n' "$platforms" | grep -q -x -F -e "$platform"; then return 0; fi
  note=
  if [ "$platform" = macos-arm64 ] && printf '%s\n' "$platforms" | grep -q -x macos-x86_64; then
    note='; Rosetta runs the one for Intel Macs, if that is what you want: --platform macos-x86_64'
  fi
  fail 3 "there is no package for this system ($platform)" "there is: $(one_line "$platforms")$note"
}

one_line() {
  printf '%s' "$1" | tr '\n' ' '
}

# ---- what the programs need of the system --------------------------------------------------------------------------------------------

check_requires() {
  lacks=
  while read -r what needed; do
    case $what in
      glibc) check_glibc "$needed" ;;
      glibcxx) check_glibcxx "$needed" ;;
      macos) check_macos "$needed" ;;
      cpu) check_cpu "$needed" ;;
    esac
  done <<END_OF_REQUIRES
$(requires_of "$platform")
END_OF_REQUIRES
  if [ -z "$lacks" ]; then return 0; fi
  if [ "$is_requirement_ignored" = yes ]; then
    say "warning: $title needs$lacks"
    return 0
  fi
  fail 4 "$title needs$lacks" 'use it on a newer system, or ask whoever sent the link for a build for this one'
}

lack() {
  lacks="$lacks${lacks:+, and} $1"
}

check_glibc() {
  found=$(getconf GNU_LIBC_VERSION 2>/dev/null || :)
  found=${found#glibc }
  if [ -z "$found" ]; then
    libc=$(ldd --version 2>&1 || :)
    case $libc in
      *musl*) lack "glibc $1 or newer, and this system has musl instead of glibc"; return 0 ;;
    esac
    found=$(printf '%s\n' "$libc" | sed -n '1s/.* \([0-9][0-9]*\.[0-9][0-9.]*\)$/\1/p')
  fi
  if [ -z "$found" ]; then
    say "warning: $title needs glibc $1 or newer, and which one is here cannot be told"
  elif ! is_at_least "$found" "$1"; then
    lack "glibc $1 or newer, and this system has $found"
  fi
}

# Its versions are marked in the library itself.
check_glibcxx() {
  library=$(find_libstdcxx)
  if [ -z "$library" ]; then
    say "warning: $title needs libstdc++ with GLIBCXX_$1, and none was found"
  elif ! grep -q "GLIBCXX_$(printf '%s' "$1" | sed 's/[.]/[.]/g')" "$library"; then
    lack "libstdc++ with GLIBCXX_$1, and '$library' has it not"
  fi
}

find_libstdcxx() {
  case $platform in
    linux-arm64) triple=aarch64-linux-gnu ;;
    *) triple=x86_64-linux-gnu ;;
  esac
  for directory in "/usr/lib/$triple" "/lib/$triple" /usr/lib64 /lib64 /usr/lib /lib; do
    if [ -e "$directory/libstdc++.so.6" ]; then
      printf '%s\n' "$directory/libstdc++.so.6"
      return 0
    fi
  done
}

check_macos() {
  found=$(sw_vers -productVersion 2>/dev/null || :)
  if [ -z "$found" ]; then
    say "warning: $title needs macOS $1 or newer, and which one is here cannot be told"
  elif ! is_at_least "$found" "$1"; then
    lack "macOS $1 or newer, and this is $found"
  fi
}

# The levels: https://gitlab.com/x86-psABIs/x86-64-ABI (table 3.1), in the words of Linux.
check_cpu() {
  case $1 in
    x86-64-v2) flags='cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3' ;;
    x86-64-v3) flags='cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3 avx avx2 bmi1 bmi2 f16c fma abm movbe xsave' ;;
    x86-64-v4) flags='avx2 bmi2 fma abm movbe avx512f avx512bw avx512cd avx512dq avx512vl' ;;
    *) say "warning: $title needs a processor of level $1, and this script does not know that level"; return 0 ;;
  esac
  has_flags=$(sed -n '/^flags[[:space:]]*:/{s/^[^:]*://;p;q;}' /proc/cpuinfo 2>/dev/null || :)
  if [ -z "$has_flags" ]; then
    say "warning: $title needs a processor of level $1, and which one is here cannot be told"
    return 0
  fi
  missing=$(printf '%s\n' "$flags" | tr ' ' '\n' | missing_of)
  if [ -n "$missing" ]; then lack "a processor of level $1, and this one is without$missing"; fi
}

missing_of() {
  while read -r flag; do
    case " $has_flags " in
      *" $flag "*) ;;
      *) printf ' %s' "$flag" ;;
    esac
  done
}

# is_at_least FOUND NEEDED: numbers between dots; what is no number ends the version.
is_at_least() {
  have=$1.
  want=$2.
  while [ -n "$want" ]; do
    have_part=$(printf '%s' "${have%%.*}" | sed 's/[^0-9].*//')
    want_part=$(printf '%s' "${want%%.*}" | sed 's/[^0-9].*//')
    if [ "${have_part:-0}" -gt "${want_part:-0}" ]; then return 0; fi
    if [ "${have_part:-0}" -lt "${want_part:-0}" ]; then return 1; fi
    have=${have#*.}
    want=${want#*.}
  done
}

# ---- where it goes -------------------------------------------------------------------------------------------------------------------

prepare_place() {
  while read -r program program_file; do
    placed=$bin_dir/$program
    if { [ -e "$placed" ] || [ -L "$placed" ]; } && ! is_own_link "$placed"; then
      fail 9 "'$placed' is there already, and not from this installer" "move it away, or install elsewhere with --dir DIR"
    fi
  done <<END_OF_PROGRAMS
$(programs_of "$platform")
END_OF_PROGRAMS
  for tool in ln mv mkdir readlink sed grep wc tr; do
    if ! has "$tool"; then fail 5 "this system has no '$tool'" "install it: the package coreutils, or busybox, has it"; fi
  done
  make_folder "$prefix" && make_folder "$prefix/share" && make_folder "$home_dir" && make_folder "$bin_dir"
  take_lock
  # With the lock held, what is left of others is left for good.
  rm -rf "$home_dir"/.new.* "$home_dir"/.link.* "$home_dir"/.uninstall.* "$home_dir"/.lock.*
}

# What was made for nothing goes again.
make_folder() {
  if [ -d "$1" ]; then
    if ! [ -w "$1" ] && { [ "$1" = "$bin_dir" ] || [ "$1" = "$home_dir" ]; }; then
      fail 8 "cannot write into '$1'" "install elsewhere with --dir DIR, or ${variable}_INSTALL_DIR"
    fi
    return 0
  fi
  reason=$(mkdir -p "$1" 2>&1) || fail 8 "cannot make the folder '$1': $reason" "install elsewhere with --dir DIR, or ${variable}_INSTALL_DIR"
  made_folders="$1
$made_folders"
}

clean_up() {
  code=$?
  trap '' INT TERM HUP
  if [ -n "$work" ]; then rm -rf "$work"; fi
  release_lock
  printf '%s' "$made_folders" | while IFS= read -r folder; do rmdir "$folder" 2>/dev/null || :; done
  case $code in
    130 | 143) say "interrupted: nothing was changed" ;;
  esac
  exit "$code"
}

# ---- fetch, verify, unpack -----------------------------------------------------------------------------------------------------------

# Whether `current` leads to these bytes.
is_installed() {
  release=$(release_of "$platform")
  current=$(link_target "$home_dir/current")
  if [ "$is_forced" = yes ]; then return 1; fi
  case $current in
    "$release" | "$release".*) ;;
    *) return 1 ;;
  esac
  has_programs "$home_dir/$current"
}

has_programs() {
  while read -r program program_file; do
    if ! [ -x "$1/$program_file" ]; then return 1; fi
  done <<END_OF_PROGRAMS
$(programs_of "$platform")
END_OF_PROGRAMS
}

# A folder is put under its name only when it is whole: one that is there is one that was checked.
fetch_and_unpack() {
  placed_release=$release
  if [ -e "$home_dir/$release" ]; then
    if [ "$is_forced" = no ] && has_programs "$home_dir/$release"; then
      say "$title${version:+ $version} is unpacked already: using it again"
      return 0
    fi
    placed_release=$release.$(date +%s).$$
  fi
  choose_tools
  work=$home_dir/.new.$$
  mkdir "$work" "$work/unpacked" || fail 8 "cannot make the folder '$work'" "install elsewhere with --dir DIR"
  while read -r file size sha256 folder; do
    fetch "$file" "$size" "$work/$file"
    verify "$file" "$size" "$sha256" "$work/$file"
    unpack "$file" "$folder" "$work/$file"
    rm -f "$work/$file"
  done <<END_OF_PACKAGES
$(packages_of "$platform")
END_OF_PACKAGES
  check_unpacked
  mv "$work/unpacked" "$home_dir/$placed_release" || fail 8 "cannot write into '$home_dir'"
  rm -rf "$work"
  work=
}

choose_tools() {
  if has curl; then
    fetcher=curl
  elif has wget; then
    fetcher=wget
  else
    fail 5 'this system has neither curl nor wget' "install one of them ($(how_to_install curl)), and run this again"
  fi
  if has sha256sum; then
    hasher=sha256sum
  elif has shasum; then
    hasher=shasum
  elif has openssl; then
    hasher=openssl
  else
    fail 5 'this system has neither sha256sum, nor shasum, nor openssl: what is fetched could not be checked' \
      "install one of them ($(how_to_install coreutils)), and run this again"
  fi
  case $(packages_of "$platform") in
    *.zip\ *) if ! has unzip; then fail 5 "this system has no 'unzip'" "install it ($(how_to_install unzip)), and run this again"; fi ;;
    *)
      for tool in tar gzip; do
        if ! has "$tool"; then fail 5 "this system has no '$tool'" "install it ($(how_to_install "$tool")), and run this again"; fi
      done
      ;;
  esac
}

how_to_install() {
  if has apt-get; then
    printf 'apt-get install %s' "$1"
  elif has dnf; then
    printf 'dnf install %s' "$1"
  elif has apk; then
    printf 'apk add %s' "$1"
  elif has zypper; then
    printf 'zypper install %s' "$1"
  elif has pacman; then
    printf 'pacman -S %s' "$1"
  elif has brew; then
    printf 'brew install %s' "$1"
  else
    printf 'the package %s' "$1"
  fi
}

# fetch FILE SIZE INTO: a download that breaks off is gone on with, which the gate counts as the same one.
fetch() {
  say "fetching $1 ($(megabytes "$2"))"
  free=$(df -Pk "$work" 2>/dev/null | sed -n '2s/.* \([0-9][0-9]*\)  *[0-9][0-9]*% .*/\1/p' || :)
  if [ -n "$free" ] && [ "$free" -lt $(($2 / 1024)) ]; then
    fail 8 "'$prefix' has no room for it: $free KiB are free" 'make room, or install elsewhere with --dir DIR'
  fi
  : >"$3"
  tries=0
  while :; do
    tries=$((tries + 1))
    if fetch_rest "$link/$1" "$3"; then return 0; fi
    case $http_status in
      429) ;;
      4[0-9][0-9]) fail 6 "the link refuses to hand out $1 (HTTP $http_status)$(refusal_text "$link/$1")" 'ask whoever sent you the link for a new one' ;;
    esac
    # Nothing was left to fetch, or nothing can be written: the size is looked at next.
    if [ "$(size_of "$3")" -ge "$2" ]; then return 0; fi
    if ! printf '\n' 2>/dev/null >"$work/probe"; then fail 8 "cannot write into '$work'" 'is the disk full?'; fi
    if [ "$tries" -ge 4 ]; then fail 6 "$1 could not be fetched: $(last_line "$work/problem")" 'look at your connection, and run this again'; fi
    say "the connection broke off after $(size_of "$3") of $2 bytes: trying again"
    sleep "$tries"
  done
}

# fetch_rest URL FILE: sets http_status, empty where there was no answer.
fetch_rest() {
  http_status=
  have_bytes=$(size_of "$2")
  rm -f "$work/headers"
  if [ "$fetcher" = curl ]; then
    fetch_url=$1
    fetch_file=$2
    set -- -fL --connect-timeout 30 -D "$work/headers"
    # From an address with TLS nothing leads to one without.
    case $fetch_url in https:*) set -- "$@" --proto '=https' ;; esac
    if [ "$have_bytes" -gt 0 ]; then set -- "$@" -C "$have_bytes"; fi
    # Bars are for people who look.
    if [ -t 2 ]; then
      curl -# "$@" "$fetch_url" >>"$fetch_file" && return 0
    else
      curl -sS "$@" "$fetch_url" >>"$fetch_file" 2>"$work/problem" && return 0
    fi
    http_status=$(sed -n 's/^HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' "$work/headers" 2>/dev/null | tail -n 1)
  else
    wget -O - "$1" >"$2" 2>"$work/problem" && return 0
    # "ERROR 410: Gone" says one wget, "HTTP/1.1 410 Gone" the other.
    http_status=$(sed -n -e 's/.*ERROR \([45][0-9][0-9]\).*/\1/p' -e 's/.*HTTP\/[0-9.]* \([45][0-9][0-9]\).*/\1/p' "$work/problem" | tail -n 1)
  fi
  return 1
}

# The gate says why, and under which reference whoever sent the link finds it.
refusal_text() {
  if [ "$fetcher" = curl ]; then
    refusal=$(curl -sSL --max-time 20 "$1" 2>/dev/null | dd bs=600 count=1 2>/dev/null | tr -cd '[:print:]\n' || :)
    case $refusal in
      '' | '<'*) ;;
      *) printf ':\n%s' "$refusal" | sed '2,$s/^/  /' ;;
    esac
  fi
}

last_line() {
  sed -n '$p' "$1" 2>/dev/null || :
}

size_of() {
  wc -c <"$1" | tr -cd '0-9'
}

megabytes() {
  if [ "$1" -ge 1000000 ]; then printf '%s MB' $((($1 + 500000) / 1000000)); else printf '%s bytes' "$1"; fi
}

# verify FILE SIZE SHA256 PLACE
verify() {
  got_size=$(size_of "$4")
  if [ "$got_size" != "$2" ]; then
    fail 7 "$1 is $got_size bytes, and $2 were promised" 'run this again; if it stays so, tell whoever sent you the link'
  fi
  case $hasher in
    sha256sum) digest=$(sha256sum <"$4") || digest= ;;
    shasum) digest=$(shasum -a 256 <"$4") || digest= ;;
    openssl) digest=$(openssl dgst -sha256 <"$4") || digest= ;;
  esac
  digest=${digest##*= }
  digest=${digest%% *}
  if [ "$digest" != "$3" ]; then
    fail 7 "$1 is not the file that was promised: its SHA-256 is '$digest', not '$3'" 'run this again; if it stays so, tell whoever sent you the link'
  fi
}

# unpack FILE FOLDER PLACE: nothing that would land outside of FOLDER.
unpack() {
  case $1 in
    *.zip) unzip -Z1 "$3" >"$work/names" 2>"$work/problem" || fail 7 "$1 cannot be read: $(last_line "$work/problem")" ;;
    *) tar -tzf "$3" >"$work/names" 2>"$work/problem" || fail 7 "$1 cannot be read: $(last_line "$work/problem")" ;;
  esac
  inside=$(printf '%s' "$2" | sed 's/[.]/[.]/g')
  outside=$(grep -v -E "^(\./)?$inside(/|\$)" "$work/names" | sed -n 1p || :)
  if [ -z "$outside" ]; then outside=$(grep -E '(^|/)\.\.(/|$)' "$work/names" | sed -n 1p || :); fi
  if [ -n "$outside" ]; then fail 7 "$1 holds '$outside', which does not belong there" 'tell whoever sent you the link'; fi
  case $1 in
    *.zip) unzip -q -o "$3" -d "$work/unpacked" 2>"$work/problem" || cannot_unpack "$1" ;;
    *) tar -xzof "$3" -C "$work/unpacked" 2>"$work/problem" || cannot_unpack "$1" ;;
  esac
}

# The bytes were right, so that it is the place.
cannot_unpack() {
  fail 8 "$1 cannot be unpacked into '$work': $(last_line "$work/problem")" 'is the disk full? make room, or install elsewhere with --dir DIR'
}

check_unpacked() {
  strange=$(find "$work/unpacked" \( -perm -4000 -o -perm -2000 -o ! \( -type f -o -type d -o -type l \) \) ! -type d -print | sed -n 1p)
  if [ -n "$strange" ]; then fail 7 "the package holds '${strange#"$work/unpacked/"}', which is no plain file" 'tell whoever sent you the link'; fi
  find "$work/unpacked" -type l -print >"$work/links"
  while IFS= read -r found; do
    if ! leads_inside "${found#"$work/unpacked/"}" "$(link_target "$found")"; then
      fail 7 "the package holds the link '${found#"$work/unpacked/"}', which leads out of it" 'tell whoever sent you the link'
    fi
  done <"$work/links"
  while read -r program program_file; do
    if ! [ -f "$work/unpacked/$program_file" ]; then fail 7 "the package has no '$program_file'" 'tell whoever sent you the link'; fi
    chmod u+x "$work/unpacked/$program_file"
  done <<END_OF_PROGRAMS
$(programs_of "$platform")
END_OF_PROGRAMS
}

# leads_inside LINK TARGET: both relative to the package; counts how deep one is.
leads_inside() {
  case $2 in /*) return 1 ;; esac
  depth=$(printf '%s' "$1" | tr -cd / | wc -c)
  rest=$2/
  while [ -n "$rest" ]; do
    case ${rest%%/*} in
      ..) depth=$((depth - 1)) ;;
      . | '') ;;
      *) depth=$((depth + 1)) ;;
    esac
    # The first folder is the package's own.
    if [ "$depth" -lt 1 ]; then return 1; fi
    rest=${rest#*/}
  done
}

# ---- put in place --------------------------------------------------------------------------------------------------------------------

# One rename: before it the old version is there, after it the new one, and at no time none.
switch_current() {
  previous=$current
  replace_link "$placed_release" "$home_dir/current"
  current=$placed_release
}

# replace_link TARGET LINK: mv follows a link to a folder unless it is told not to, and each system has its own word for that.
replace_link() {
  fresh=$home_dir/.link.$$
  rm -f "$fresh"
  ln -s "$1" "$fresh" || fail 8 "cannot make a link in '$home_dir'" 'is this a file system with links?'
  if ! [ -L "$2" ] && [ -d "$2" ]; then fail 9 "'$2' is a folder, and not from this installer" 'move it away'; fi
  mv -fT "$fresh" "$2" 2>/dev/null || mv -fh "$fresh" "$2" 2>/dev/null ||
    perl -e 'rename $ARGV[0], $ARGV[1] or exit 1' "$fresh" "$2" 2>/dev/null ||
    { rm -f "$2" && mv -f "$fresh" "$2"; } || fail 8 "cannot replace '$2'"
}

link_programs() {
  while read -r program program_file; do
    replace_link "../share/$name/current/$program_file" "$bin_dir/$program"
  done <<END_OF_PROGRAMS
$(programs_of "$platform")
END_OF_PROGRAMS
  # Programs of an older version that this one has no more.
  for placed in "$bin_dir"/*; do
    if is_own_link "$placed" && ! [ -e "$placed" ]; then rm -f "$placed"; fi
  done
}

keep_uninstaller() {
  uninstaller >"$home_dir/.uninstall.$$" && mv -f "$home_dir/.uninstall.$$" "$home_dir/uninstall.sh"
}

# The version before stays for whoever runs it; older ones stay as long as somebody does.
remove_old_releases() {
  previous=${previous:-$(cat "$home_dir/.previous" 2>/dev/null || :)}
  if [ "$previous" = "$current" ]; then previous=; fi
  printf '%s\n' "$previous" >"$home_dir/.previous"
  for old in "$home_dir"/*; do
    case ${old##*/} in
      current | uninstall.sh | "$current" | "$previous") continue ;;
    esac
    if [ -d "$old" ] && ! [ -L "$old" ] && ! is_in_use "$old"; then rm -rf "$old"; fi
  done
}

# Where nothing can tell, nothing is removed.
is_in_use() {
  if [ -d /proc/self ] && [ -L /proc/self/exe ]; then
    for process in /proc/[0-9]*; do
      case $(readlink "$process/exe" 2>/dev/null || :) in
        "$1"/*) return 0 ;;
      esac
    done
    return 1
  fi
  if has lsof; then
    [ -n "$(lsof -t -a -d txt +D "$1" 2>/dev/null || :)" ]
    return
  fi
  return 0
}

# ---- PATH, and what is told ----------------------------------------------------------------------------------------------------------

tell_end() {
  say "installed $title${version:+ $version} in '$prefix'; it is not signed, its SHA-256 was checked"
  while read -r program program_file; do
    say "  $bin_dir/$program"
    resolved=$(command -v "$program" 2>/dev/null || :)
    case $resolved in
      '' | "$bin_dir/$program") ;;
      *) say "note: typing '$program' runs '$resolved', which comes first in PATH" ;;
    esac
  done <<END_OF_PROGRAMS
$(programs_of "$platform")
END_OF_PROGRAMS
  case ":${PATH:-}:" in
    *":$bin_dir:"*) ;;
    *) add_to_path ;;
  esac
  say "to remove it: sh $(quoted "$home_dir/uninstall.sh")"
}

add_to_path() {
  case $bin_dir in
    *:*) say "note: '$bin_dir' cannot stand in PATH, because of the colon in it"; return 0 ;;
  esac
  if [ -n "$no_modify_path" ] || [ -z "${HOME:-}" ]; then
    say "'$bin_dir' is not in PATH; to add it: export PATH=\"$(escaped "$bin_dir"):\$PATH\""
    return 0
  fi
  added=$(path_line)
  profile_files | while IFS= read -r profile; do
    if [ -f "$profile" ] && grep -q -x -F -e "$added" "$profile"; then continue; fi
    # A last line without its end would swallow the one that is added.
    before=
    if [ -s "$profile" ] && [ -n "$(tail -c 1 "$profile" 2>/dev/null)" ]; then before='
'; fi
    if printf '%s%s\n' "$before" "$added" 2>/dev/null >>"$profile"; then
      say "added a line to '$profile' that brings '$bin_dir' into PATH"
    else
      say "note: cannot write into '$profile'; the line to add: $added"
    fi
  done
  fish=$(fish_file)
  if is_login_shell fish || [ -d "${fish%/*}" ]; then
    if mkdir -p "${fish%/*}" 2>/dev/null && fish_text 2>/dev/null >"$fish"; then say "added '$fish' that brings '$bin_dir' into PATH"; fi
  fi
  say "for this terminal: export PATH=\"$(escaped "$bin_dir"):\$PATH\""
}

fish_text() {
  # shellcheck disable=SC2016 # fish is to expand it
  printf 'if not contains -- "%s" $PATH; set -gx PATH "%s" $PATH; end # added by the installer of %s\n' "$(escaped "$bin_dir")" "$(escaped "$bin_dir")" "$name"
}

uninstaller() {
  cat <<'END_OF_UNINSTALLER'
#: uninstall.sh
END_OF_UNINSTALLER
}

{ main ${1+"$@"}; } </dev/null
