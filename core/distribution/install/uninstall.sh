#!/bin/sh
#: about
if [ -n "${ZSH_VERSION:-}" ]; then emulate sh; fi
set -eu

#: uninstall-facts

#: places.sh

usage() {
  say "Removes $title: the programs, their links in bin, and the lines that the installer added to PATH.
Settings and data that the programs made themselves stay.

usage: sh uninstall.sh [--dir DIR]

  --dir DIR    where it was installed (default: where this file lies)
  --help       this text

exit codes: 0 done, 1 something could not be removed, 2 wrong use, 8 not an installation, 9 an installation is running"
}

uninstall() {
  uninstall_facts
  given_dir=
  while [ $# -gt 0 ]; do
    case $1 in
      --dir) if [ $# -lt 2 ]; then fail 2 '--dir needs a folder'; fi; given_dir=$2; shift ;;
      --dir=*) given_dir=${1#--dir=} ;;
      --help | -h) usage; exit 0 ;;
      *) fail 2 "there is no option '$1'" 'see --help' ;;
    esac
    shift
  done
  if [ -z "$given_dir" ]; then given_dir=$(own_prefix) || exit $?; fi
  set_places "$given_dir"
  if ! [ -d "$home_dir" ]; then
    say "$title is not installed in '$prefix': there is nothing to remove"
    exit 0
  fi
  if ! [ -L "$home_dir/current" ] && ! [ -f "$home_dir/uninstall.sh" ]; then
    fail 8 "'$home_dir' is not an installation of $name" 'use --dir with the folder that it was installed into'
  fi
  has_lock=no
  trap 'release_lock' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  take_lock
  remove_links
  remove_path_lines
  remove_home
  say "removed $title from '$prefix'"
}

# To some shells $0 is the function's name in a function.
this_file=$0

# This file lies in PREFIX/share/NAME.
own_prefix() {
  here=$(cd "$(dirname "$this_file")" && pwd)
  case $here in
    */share/"$name") printf '%s\n' "${here%/share/"$name"}" ;;
    *) fail 8 "this file lies in '$here', which is not an installation of $name" 'use --dir with the folder that it was installed into' ;;
  esac
}

remove_links() {
  for link_file in "$bin_dir"/*; do
    if is_own_link "$link_file"; then rm -f "$link_file" || fail 1 "cannot remove '$link_file'"; fi
  done
}

# What is left of a profile is written into the file that is there: it may be a link, and keeps its mode.
remove_path_lines() {
  if [ -z "${HOME:-}" ]; then return 0; fi
  added=$(path_line)
  profile_files | while IFS= read -r profile; do
    if ! [ -f "$profile" ] || ! grep -q -x -F -e "$added" "$profile"; then continue; fi
    if ! [ -w "$profile" ]; then
      say "warning: cannot change '$profile': remove the line that ends with '# added by the installer of $name'"
      continue
    fi
    kept=$home_dir/.profile.$$
    cp "$profile" "$kept" || fail 1 "cannot copy '$profile'" 'is the disk full? run this again'
    if ! { grep -v -x -F -e "$added" "$kept" || [ $? -eq 1 ]; } >"$profile"; then
      fail 1 "cannot change '$profile'; what was in it is in '$kept'" 'is the disk full? put it back, and run this again'
    fi
    # The installer made it.
    if ! [ -s "$profile" ] && ! [ -L "$profile" ]; then rm -f "$profile"; fi
  done || exit $?
  fish=$(fish_file)
  if [ -f "$fish" ] && grep -q "added by the installer of $name\$" "$fish"; then rm -f "$fish" || say "warning: cannot remove '$fish'"; fi
}

# The way to run this again goes last.
remove_home() {
  for entry in "$home_dir"/* "$home_dir"/.[!.]*; do
    case $entry in
      */uninstall.sh | */.lock) ;;
      *) rm -rf "$entry" || fail 1 "cannot remove '$entry'" 'end the programs that use it, and run this again' ;;
    esac
  done
  rm -f "$home_dir/uninstall.sh"
  release_lock
  rmdir "$home_dir" 2>/dev/null || say "note: '$home_dir' is not empty and stays"
}

{ uninstall ${1+"$@"}; }
