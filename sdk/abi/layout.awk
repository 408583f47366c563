# layout.awk: from the headers in sdk/include to a C program that prints the layout of everything public: each struct's size,
# each member's offset and size, each integer constant. `make layout` keeps what it prints in sdk/abi/layout.txt, and the
# tests compare: a change of the ABI is allowed before it is frozen, but it is seen.
#
#     awk -f sdk/abi/layout.awk sdk/include/souk/*.h >layout.c && cc -Isdk/include layout.c -o layout && ./layout
#
# It reads what clang-format leaves: `struct souk_x {` opens a public struct at the beginning of a line, `};` closes it.

BEGIN {
    print "#include <souk.h>"
    print "#include <stdio.h>"
    print "const struct souk_api *souk_api;"
    print "#define SIZE(s) printf(\"struct %s size %zu\\n\", #s, sizeof(struct s))"
    print "#define MEMBER(s, m) printf(\"struct %s.%s offset %zu size %zu\\n\", #s, #m, offsetof(struct s, m), sizeof(((struct s *)0)->m))"
    print "#define CONSTANT(c) printf(\"%s %lld\\n\", #c, (long long)(c))"
    print "int main(void)\n{"
}

# Comments go; what spans lines is remembered.
{
    line = $0
    text = ""
    while (line != "") {
        if (inside) {
            at = index(line, "*/")
            if (!at) { line = ""; break }
            line = substr(line, at + 2); inside = 0
        } else {
            at = index(line, "/*")
            if (!at) { text = text line; line = "" }
            else { text = text substr(line, 1, at - 1); line = substr(line, at + 2); inside = 1 }
        }
    }
}

# Integer constants: a macro without parameters whose value begins with a digit, a sign or another constant.
text ~ /^#define SOUK_[A-Z0-9_]+[ \t]+[-(0-9A-Z]/ || held != "" {
    if (held == "") { split(text, word, /[ \t]+/); name = word[2]; value = text; sub(/^#define SOUK_[A-Z0-9_]+[ \t]*/, "", value) }
    else value = text
    held = ""
    if (value ~ /^[ \t]*\\?[ \t]*$/) { held = name; next }
    if (value ~ /^[ \t]*\(?-?[0-9]/ || value ~ /^[ \t]*U?INT(32|64)_C/ || value ~ /^[ \t]*\([0-9]+ \* SOUK_/) print "    CONSTANT(" name ");"
    next
}
text ~ /^#define SOUK_[A-Z0-9_]+[ \t]*\\$/ { split(text, word, /[ \t]+/); held = word[2]; name = word[2]; next }

text ~ /^struct souk_[a-z0-9_]+ \{/ { split(text, word, " "); struct = word[2]; print "    SIZE(" struct ");"; member = ""; next }
struct != "" && text ~ /^};/ { struct = ""; next }
struct != "" {
    member = member " " text
    while ((at = index(member, ";")) > 0) {
        one = substr(member, 1, at - 1); member = substr(member, at + 1)
        if (match(one, /\(\*[a-z0-9_]+\)/)) { print "    MEMBER(" struct ", " substr(one, RSTART + 2, RLENGTH - 3) ");"; continue }
        count = split(one, part, ",")
        for (i = 1; i <= count; i++) {
            sub(/\[.*/, "", part[i]); sub(/[ \t]+$/, "", part[i])
            if (match(part[i], /[a-z0-9_]+$/)) print "    MEMBER(" struct ", " substr(part[i], RSTART) ");"
        }
    }
}

END { print "    return 0;\n}" }
