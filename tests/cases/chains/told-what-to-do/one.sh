#!/bin/sh
pytest tests/"$1" $2
