#!/bin/sh
exec "$1/run"
