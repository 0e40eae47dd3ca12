#!/usr/bin/env bash
# Finds the Pulumi engine, or builds it from its Go modules; the last line printed is the folder that holds it.
#
#   tools/engine/build.sh          progress on standard error, "DIR" on standard output
#
# A `pulumi` on the PATH is used as it is. Otherwise the versions pinned by cli/go.mod and language/go.mod are built
# into a cache folder of the user's, named after those pins, so that every checkout finds the same build.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
say() { printf 'engine: %s\n' "$*" >&2; }

if found=$(command -v pulumi) && [ -z "${PREVISIONIO_BUILD_ENGINE:-}" ]; then
  say "$found ($("$found" version)), from the PATH"
  dirname "$found"
  exit 0
fi

version=$(sed -n 's|^\s*github.com/pulumi/pulumi/pkg/v3 \(v[^ ]*\).*|\1|p' "$here/cli/go.mod")
key=$version-$(cat "$here"/{cli,language}/go.{mod,sum} "${BASH_SOURCE[0]}" | sha256sum | cut -c1-12)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pulumi-previsionio/engine
target=$cache/$key
if [ -x "$target/pulumi" ]; then
  say "$target/pulumi ($version), built earlier"
  echo "$target"
  exit 0
fi
if ! command -v go >/dev/null; then
  say "neither pulumi nor go is on the PATH: install Pulumi (https://www.pulumi.com/docs/install/) or Go 1.25 or later (https://go.dev/dl/) and run this again"
  exit 1
fi

say "building pulumi $version into $target (some minutes, once)"
mkdir -p "$cache"
work=$(mktemp -d "$cache/.building-XXXXXX")
trap 'rm -rf "$work"' EXIT
export CGO_ENABLED=0 GOFLAGS=-mod=readonly
(cd "$here/cli" && go build -trimpath \
  -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$version" \
  -o "$work/pulumi" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi) >&2
# Later releases keep the Python language host in a Go module that the module proxy does not serve.
(cd "$here/language" && go build -trimpath -ldflags "-s -w" \
  -o "$work/pulumi-language-python" github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python) >&2
sdk=$(cd "$here/cli" && go list -m -f '{{.Dir}}' github.com/pulumi/pulumi/sdk/v3)
install -m 755 "$sdk/python/cmd/pulumi-language-python-exec" "$sdk/python/dist/pulumi-resource-pulumi-python" "$work/"
if ! mv -T "$work" "$target" 2>/dev/null && [ ! -x "$target/pulumi" ]; then
  say "cannot move the finished build to $target"
  exit 1
fi
say "$target/pulumi ($version), built now"
echo "$target"
