# fish completion of flopcast: commands, options and scenarios, asked of the program itself.
function __flopcast_commands
    flopcast --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  *\(.*\)/\1\t\2/p'
end
function __flopcast_options
    flopcast (commandline -opc)[2] --help 2>/dev/null | grep -o -- '--[a-z][a-z-]*' | sort -u
end
complete -c flopcast -n __fish_use_subcommand -f -a '(__flopcast_commands)'
complete -c flopcast -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' -f -a '(__flopcast_options)'
complete -c flopcast -n '__fish_seen_subcommand_from value' -f -a "(flopcast value --help 2>/dev/null | sed -n '/^CLAUSE/,/^\$/s/^  \([a-z-]*\)  *.*/\1/p')"
complete -c flopcast -n 'not __fish_use_subcommand' -a "(flopcast list scenarios 2>/dev/null | sed -n 's/^scenario  *\([^ ]*\).*/\1/p')"
