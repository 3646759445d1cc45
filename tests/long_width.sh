#!/bin/sh
# long_width.sh: suite_width.sh with the commands that take seconds at every width too. Run from the repository root.
WIDTHS="80 120 200" exec sh tests/suite_width.sh
