#!/bin/sh
# suite_injection.sh: a sample of the calls of memory, files, threads and processes fails in turn, over five commands: after
# each the right answer or a refusal, and no file lost. All of them: long_injection.sh. Run from the repository root.
set -u
share=2
. tests/inject.sh
