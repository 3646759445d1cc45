#!/bin/sh
# embed.sh FILE...: prints assembly that carries the files as they are, and the table of embedded.h. Used when the program
# is built (ELF, 64 bits). What was itself built (under the folder $B) is named without that folder.
set -eu
echo '# made by host/embed.sh'
echo '    .section .rodata'
i=0
for file in "$@"; do
    echo "file_$i: .incbin \"$file\""
    echo "end_$i: .byte 0"
    echo "name_$i: .asciz \"${file#"${B:-.}"/}\""
    i=$((i + 1))
done
echo '    .globl fc_embedded_count, fc_embedded_files'
echo '    .balign 8'
echo "fc_embedded_count: .8byte $i"
echo '    .section .data.rel.ro, "aw"'
echo '    .balign 8'
echo 'fc_embedded_files:'
i=0
for file in "$@"; do
    echo "    .8byte name_$i, file_$i, end_$i - file_$i"
    i=$((i + 1))
done
echo '    .section .note.GNU-stack, "", %progbits'
