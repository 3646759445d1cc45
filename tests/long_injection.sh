#!/bin/sh
# long_injection.sh: every call of memory, files, threads and processes fails in turn, over five commands, alone and with all
# later ones: after each the right answer or a refusal, and no file lost. Run from the repository root.
set -u
share=0
. tests/inject.sh
