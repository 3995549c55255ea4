#!/usr/bin/env bash
set -e
coverage() {
    cargo llvm-cov --no-report
    cargo llvm-cov report --lcov --output-path lcov.info
}
case $1 in
    test) cargo +"$2" test ;;
    lint) cargo clippy ;;
    coverage) coverage ;;
esac
