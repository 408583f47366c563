#!/bin/sh
# Prints a C file that carries files in the binary: theme.sh ROOT FILE… [ROOT FILE…]. A folder among the
# arguments is the root that the names of the files after it are relative to.
n=0
table=
echo '/* Made by core/app/theme.sh from the files of the theme. */'
echo '#include "app/theme.h"'
for arg; do
    if [ -d "$arg" ]; then root=$arg; continue; fi
    n=$((n + 1))
    printf '__asm__(".pushsection .rodata\\n.balign 16\\ntheme_%d:\\n.incbin \\"%s\\"\\ntheme_%d_end:\\n.byte 0\\n.popsection\\n");\n' $n "$arg" $n
    printf 'extern const char theme_%d[], theme_%d_end[];\n' $n $n
    table="$table    {\"${arg#"$root"/}\", {theme_$n, $(wc -c <"$arg")}},
"
done
printf 'const struct site_file theme_files[] = {\n%s};\nconst size_t theme_file_count = %d;\n' "$table" $n
