# tap.sh: what the shell suites share; sourced by them. Tests print TAP; tap_end prints the plan and sets the status.
#
#     . tests/tap.sh
#     flopcast run openai-aws-38b -n 1000      # output in $work/out and $work/err, exit status in $status
#     is "it ends well" "$status" 0
#     tap_end

FLOPCAST=${FLOPCAST:-build/flopcast}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tests=0 failures=0 status=0

flopcast() {
    status=0
    "$FLOPCAST" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# A shell starts what runs in the background with SIGINT ignored, nohup all with SIGHUP, and an ignored signal stays ignored:
# `$interruptible "$FLOPCAST" ... &` takes it back.
interruptible="env --default-signal=INT --default-signal=HUP"

# pass NAME, fail NAME [WHY...], skip NAME WHY
pass() { tests=$((tests + 1)); echo "ok $tests - $1"; }
fail() {
    tests=$((tests + 1)) failures=$((failures + 1))
    echo "not ok $tests - $1"
    shift
    for why in "$@"; do printf '%s\n' "$why" | sed 's/^/#   /'; done
}
skip() { tests=$((tests + 1)); echo "ok $tests - $1 # SKIP $2"; }

# A build with sanitizers: not hardened, and nothing without them can load its library.
sanitized() { readelf -sW --dyn-syms "$FLOPCAST" 2>/dev/null | grep -q '__asan_init\|__tsan_init'; }

# is NAME GOT WANTED
is() { if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:    $2" "wanted: $3"; fi; }

# differs NAME A B
differs() { if [ "$2" != "$3" ]; then pass "$1"; else fail "$1" "both are: $2"; fi; }

# has NAME FILE PATTERN: some line of the file matches the basic regular expression
has() { if grep -q -- "$3" "$2"; then pass "$1"; else fail "$1" "no line matches: $3" "$(head -20 "$2")"; fi; }

# succeeds NAME COMMAND...
succeeds() {
    name=$1
    shift
    if "$@" >"$work/log" 2>&1; then pass "$name"; else fail "$name" "$(tail -20 "$work/log")"; fi
}

# refused NAME STATUS TEXT ARGUMENTS...: flopcast prints nothing but this one line on stderr, and ends with this status
refused() {
    name=$1 wanted=$2 text=$3
    shift 3
    flopcast "$@"
    if [ "$status" != "$wanted" ]; then
        fail "$name" "status $status, not $wanted" "$(head -5 "$work/err")"
    elif [ -s "$work/out" ]; then
        fail "$name" "it printed on stdout:" "$(head -5 "$work/out")"
    elif [ "$(cat "$work/err")" != "$text" ]; then
        fail "$name" "got:    $(cat "$work/err")" "wanted: $text"
    else
        pass "$name"
    fi
}

# member FILE NAME: a member of the JSON's outermost object, a number or text
member() { sed -n "s/^  \"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$1"; }

tap_end() {
    echo "1..$tests"
    [ "$failures" -eq 0 ]
}
