# bash completion of flopcast: commands, options, scenarios, metrics; all asked of the program itself.
_flopcast() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "help $(flopcast --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  .*/\1/p')" -- "$word"))
        return
    fi
    case $before in
    value) COMPREPLY=($(compgen -W "$(flopcast value --help 2>/dev/null | sed -n '/^CLAUSE/,/^$/s/^  \([a-z-]*\)  *.*/\1/p')" -- "$word")) ;;
    help) COMPREPLY=($(compgen -W "$(flopcast --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  .*/\1/p')" -- "$word")) ;;
    --of | --only) COMPREPLY=($(compgen -W "$(flopcast list metrics 2>/dev/null | sed -n 's/^\([a-z][a-z0-9_@]*\) .*/\1/p')" -- "$word")) ;;
    -b | --backend) COMPREPLY=($(compgen -W "auto cpu opencl cuda all" -- "$word")) ;;
    *)
        if [ "${word#-}" != "$word" ]; then
            COMPREPLY=($(compgen -W "$(flopcast "$command" --help 2>/dev/null | grep -o -- '--[a-z][a-z-]*' | sort -u)" -- "$word"))
        else
            COMPREPLY=($(compgen -W "$(flopcast list scenarios 2>/dev/null | sed -n 's/^scenario  *\([^ ]*\).*/\1/p')" -- "$word") $(compgen -f -- "$word"))
        fi
        ;;
    esac
}
complete -o filenames -F _flopcast flopcast
