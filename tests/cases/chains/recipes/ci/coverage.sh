#!/usr/bin/env bash
set -e
cd ..
cargo tarpaulin --out Xml
