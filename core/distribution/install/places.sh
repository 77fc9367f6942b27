# Where an installation lies, and the words that install and uninstall have in common. Set before: name, variable.

say() {
  printf '%s\n' "$*" >&2
}

# fail CODE MESSAGE [HINT]
fail() {
  say "error: $2"
  if [ $# -gt 2 ]; then say "hint: $3"; fi
  exit "$1"
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# set_places PREFIX: everything of the installation is below it.
set_places() {
  prefix=$1
  case $prefix in
    *'
'*) fail 2 'a folder with a line break in its name cannot be installed into' ;;
    [~]) prefix=${HOME:-/} ;;
    [~]/*) prefix=${HOME:-}/${prefix#??} ;;
    /*) ;;
    *) prefix=$(pwd)/$prefix ;;
  esac
  while case $prefix in ?*/) : ;; *) false ;; esac; do prefix=${prefix%/}; done
  bin_dir=$prefix/bin
  home_dir=$prefix/share/$name
  lock=$home_dir/.lock
}

# link_target LINK: empty for what is no link.
link_target() {
  if [ -L "$1" ]; then readlink "$1" || :; fi
}

# is_own_link FILE: whether it is a link of this application in bin.
is_own_link() {
  case $(link_target "$1") in
    "../share/$name/current/"*) return 0 ;;
    *) return 1 ;;
  esac
}

# A link is made with its text at once: whoever holds the lock is named from the first moment on.
take_lock() {
  own_lock=$$@$(uname -n)
  lock_wait_seconds=60
  waited=0
  until ln -s "$own_lock" "$lock" 2>/dev/null; do
    holder=$(link_target "$lock")
    if [ -z "$holder" ] && [ -e "$lock" ]; then fail 8 "'$lock' is not a lock of this script" 'look at it, and move it away'; fi
    if is_stale "$holder"; then
      drop_stale_lock
    else
      if [ "$waited" -eq 0 ]; then say "waiting for another installation of $name (process ${holder%%@*}) to end"; fi
      if [ "$waited" -ge "$lock_wait_seconds" ]; then
        fail 9 "another installation of $name is running (process $holder)" "wait for it; if there is none, remove '$lock'"
      fi
      waited=$((waited + 1))
      sleep 1
    fi
  done
  has_lock=yes
}

# is_stale HOLDER: of another machine that shares this folder nothing is known.
is_stale() {
  case $1 in
    *[!0-9]*@* | @* | '') return 1 ;;
    *"@$(uname -n)") ! kill -0 "${1%%@*}" 2>/dev/null ;;
    *) return 1 ;;
  esac
}

# Only one of several that wait gets to rename it; a lock that is no longer the one that was looked at goes back.
drop_stale_lock() {
  if mv "$lock" "$lock.$$" 2>/dev/null; then
    if [ "$(link_target "$lock.$$")" != "$holder" ]; then ln -s "$(link_target "$lock.$$")" "$lock" 2>/dev/null || :; fi
    rm -f "$lock.$$"
  fi
}

release_lock() {
  if [ "${has_lock:-no}" = yes ] && [ "$(link_target "$lock")" = "$own_lock" ]; then rm -f "$lock"; fi
  has_lock=no
}

# The one line that brings bin_dir into PATH; it ends with who added it, and is found again as a whole.
path_line() {
  case $bin_dir in
    "${HOME:-/nowhere}"/*) path_text="\$HOME$(escaped "${bin_dir#"$HOME"}")" ;;
    *) path_text=$(escaped "$bin_dir") ;;
  esac
  # shellcheck disable=SC2016 # that shell is to expand it, not this one
  printf 'case ":$PATH:" in *":%s:"*) ;; *) export PATH="%s:$PATH" ;; esac # added by the installer of %s\n' "$path_text" "$path_text" "$name"
}

# For text between double quotes.
escaped() {
  printf '%s' "$1" | sed 's/[\\$`"]/\\&/g'
}

# For a line that somebody is to type.
quoted() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# The files that a login or a terminal reads, one a line. Those of shells that nobody uses here are not made.
profile_files() {
  printf '%s\n' "$HOME/.profile"
  for profile in "$HOME/.bash_profile" "$HOME/.bash_login" "$HOME/.bashrc"; do
    if [ -f "$profile" ]; then printf '%s\n' "$profile"; fi
  done
  if [ -f "${ZDOTDIR:-$HOME}/.zshrc" ] || is_login_shell zsh; then printf '%s\n' "${ZDOTDIR:-$HOME}/.zshrc"; fi
}

fish_file() {
  printf '%s\n' "${XDG_CONFIG_HOME:-$HOME/.config}/fish/conf.d/$name.fish"
}

is_login_shell() {
  case ${SHELL:-} in
    */"$1") return 0 ;;
    *) return 1 ;;
  esac
}
