#!/bin/sh
# Sees to the system libraries and tools of Debian 12 and Ubuntu 24.04: installs what is missing (by apt, with sudo if
# not root), says so, and checks versions.
#
#   Scripts/deps.sh run     what Martlet is built with
#   Scripts/deps.sh test    and what the tests need besides
set -eu

libraries="libuv1-dev libssl-dev libcjose-dev libjansson-dev librocksdb-dev libmicrohttpd-dev libhiredis-dev librdkafka-dev
libyaml-dev libcurl4-openssl-dev pkg-config"
what=${1:-run}

missing=""
for package in $libraries; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
if [ "$what" = test ]; then
    python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
    command -v node >/dev/null || missing="$missing nodejs"
    command -v tsc >/dev/null || missing="$missing node-typescript"
    command -v chromium >/dev/null || missing="$missing chromium"
    command -v chromedriver >/dev/null || missing="$missing chromium-driver"
    command -v cc >/dev/null || missing="$missing gcc"
    command -v redis-server >/dev/null || missing="$missing redis-server"
    command -v kcat >/dev/null || missing="$missing kcat"
    command -v java >/dev/null || missing="$missing openjdk-17-jre-headless"
fi

if [ -n "$missing" ]; then
    if ! command -v apt-get >/dev/null; then
        echo "deps: this system has no apt-get; install what corresponds to:$missing" >&2
        exit 1
    fi
    echo "deps: installing$missing"
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
fi

failed=0
check() { # name, version, lowest
    if [ -n "$2" ] && [ "$(printf '%s\n%s\n' "$3" "$2" | sort -V | head -n 1)" = "$3" ]; then
        echo "deps: $1 $2"
    else
        echo "deps: $1 ${2:-not found}: $3 or later is needed" >&2
        failed=1
    fi
}

library() { check "$1" "$(pkg-config --modversion "$1" 2>/dev/null || true)" "$2"; }

library libuv 1.44
library openssl 3.0
library cjose 0.6
library jansson 2.14
library libmicrohttpd 0.9.75
library hiredis 0.14
library rdkafka 2.0
library yaml-0.1 0.2
library libcurl 7.88
rocksdb=$(sed -n 's/^#define ROCKSDB_\(MAJOR\|MINOR\|PATCH\) //p' /usr/include/rocksdb/version.h 2>/dev/null \
    | paste -sd . || true)
check rocksdb "$rocksdb" 7.8
check swift "$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p')" 6.3
if [ "$what" = test ]; then
    check node "$(node --version 2>/dev/null | sed 's/^v//')" 18.15
    check python "$(python3 --version 2>/dev/null | sed 's/^Python //')" 3.11
fi
exit $failed
