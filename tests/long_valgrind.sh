#!/bin/sh
# long_valgrind.sh: short runs under valgrind: no wrong access, nothing used before it was set, nothing leaked.
# valgrind does not know AVX-512, so the portable kernel is named.
set -u
. tests/tap.sh
if ! command -v valgrind >/dev/null 2>&1; then
    skip "valgrind" "not installed"
    tap_end
    exit
fi
under() { # under NAME ARGUMENTS...
    name=$1
    shift
    succeeds "$name" valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        "$FLOPCAST" "$@"
}
under "run of the contract" run scenarios/openai-aws-38b-contract.yaml -n 300 -t 1 -b cpu --isa portable -q
under "run of a training run, JSON, two threads" run scenarios/llama3-405b-54-days.yaml -n 40 -t 2 -b cpu --isa portable -q --json -o "$work/a.json"
under "merge" merge "$work/a.json"
under "list" list --json
under "show" show gb300
under "show a scenario with defaults" show llama3-405b-54-days --defaults
under "help" run --help
tap_end
