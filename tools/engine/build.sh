#!/usr/bin/env bash
# Finds the Pulumi engine, or builds it from its Go modules; the last line printed is the folder that holds it.
#
#   tools/engine/build.sh          progress on standard error, "DIR" on standard output
#
# A `pulumi` on the PATH is used as it is: it brings the hosts of all languages. Otherwise the versions pinned by
# cli/go.mod, language/go.mod and yaml/go.mod, which run programs in Python and in YAML, are built into a cache folder
# of the user's, named after those pins, so that every checkout finds the same build. The folder appears in one rename:
# it is never half an engine, and of two builds at once the second waits and finds the first.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
say() { printf 'engine: %s\n' "$*" >&2; }

if found=$(command -v pulumi) && [ -z "${PREVISIONIO_BUILD_ENGINE:-}" ]; then
  say "$found ($("$found" version)), from the PATH"
  dirname "$found"
  exit 0
fi

version=$(sed -n 's|^[[:space:]]*github.com/pulumi/pulumi/pkg/v3 \(v[^ ]*\).*|\1|p' "$here/cli/go.mod")
pins=$(cat "$here"/{cli,language,yaml}/go.{mod,sum} "${BASH_SOURCE[0]}" | cksum | tr -d ' ')
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pulumi-previsionio/engine
target=$cache/$version-$pins

use_if_built() {
  [ -x "$target/pulumi" ] || return 0
  say "$target/pulumi ($version), built earlier"
  echo "$target"
  exit 0
}

use_if_built
if ! command -v go >/dev/null; then
  say "neither pulumi nor go is on the PATH: install Pulumi (https://www.pulumi.com/docs/install/)" \
    "or Go 1.25 or later (https://go.dev/dl/) and run this again"
  exit 1
fi

mkdir -p "$cache"
if command -v flock >/dev/null; then
  exec 9>"$cache/.lock"
  flock -n 9 || { say "another build is running, waiting for it"; flock 9; }
  use_if_built
  rm -rf "$cache"/.building-* # Whoever left these was killed: a running build would hold the lock.
fi

say "building pulumi $version into $target (some minutes, once)"
work=$(mktemp -d "$cache/.building-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
export CGO_ENABLED=0 GOFLAGS=-mod=readonly
# The compiler must not inherit the lock: a build that outlives this script would keep it.
(cd "$here/cli" && go build -trimpath \
  -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$version" \
  -o "$work/pulumi" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi) >&2 9>&-
# Later releases keep the Python language host in a Go module that the module proxy does not serve.
(cd "$here/language" && go build -trimpath -ldflags "-s -w" \
  -o "$work/pulumi-language-python" github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python) >&2 9>&-
(cd "$here/yaml" && go build -trimpath -ldflags "-s -w" \
  -o "$work/pulumi-language-yaml" github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml) >&2 9>&-
sdk=$(cd "$here/cli" && go list -m -f '{{.Dir}}' github.com/pulumi/pulumi/sdk/v3 9>&-)
install -m 755 "$sdk/python/cmd/pulumi-language-python-exec" "$sdk/python/dist/pulumi-resource-pulumi-python" "$work/"
chmod 755 "$work"
# rename(2), since `mv` would put one build inside another.
if ! python3 -c 'import os, sys; os.rename(*sys.argv[1:])' "$work" "$target" 2>/dev/null && [ ! -x "$target/pulumi" ]; then
  say "cannot move the finished build to $target"
  exit 1
fi
say "$target/pulumi ($version), built now"
echo "$target"
