#!/bin/sh
# embed.sh FILE...: prints C that holds the files as byte arrays (see embedded.h). Used when the program is built. What was
# itself built (under the folder $B) is named without that folder.
set -eu
echo '/* made by host/embed.sh */'
echo '#include "host/language/embedded.h"'
i=0
for file in "$@"; do
    echo "static const unsigned char file_$i[] = {"
    od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '0};'
    i=$((i + 1))
done
echo 'const struct fc_embedded_file fc_embedded_files[] = {'
i=0
for file in "$@"; do
    echo "    {\"${file#"${B:-.}"/}\", file_$i, sizeof file_$i - 1},"
    i=$((i + 1))
done
echo '};'
echo "const size_t fc_embedded_count = $i;"
