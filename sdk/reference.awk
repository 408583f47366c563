# reference.awk: the headers of the kit as one page, sdk/docs/reference.md.
#
#     awk -f sdk/reference.awk sdk/include > sdk/docs/reference.md        (make reference)
#
# Of each header, in the order in which souk.h brings them: its opening paragraph, its macros, its structs as they stand, and its
# functions as a table, with the bracket at the end of each comment ([from where; waits or blocks; since]) in columns. A function
# without a comment, a bracket of another form, a header without a paragraph: each is named on stderr, and the exit code is 1.
# The tables of functions that the core hands over (struct souk_…_api) are left out: nobody calls them by hand. POSIX awk.

function bad(line, words) {
    print header ":" line ": " words > "/dev/stderr"
    failed = 1
}

function trim(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

# Prose for Markdown: what would be markup stays a sign, but `code` stays code.
function prose(text,    parts, n, i, out) {
    n = split(text, parts, "`")
    for (i = 1; i <= n; i++) {
        if (i % 2 || n % 2 == 0)
            gsub(/[*<[\\]/, "\\\\&", parts[i])
        out = out (i > 1 ? "`" : "") parts[i]
    }
    return out
}

# A cell of a table; code keeps its signs, but a pipe ends a cell even there.
function cell(text) {
    gsub(/\|/, "\\|", text)
    return text
}

# ---- reading ----

# Headers in the order of their first inclusion, those that others rest on first.
function gather(name,    list, n, i, line, words) {
    if (name in known)
        return
    known[name] = 1
    while ((getline line < (root "/" name)) > 0)
        if (line ~ /^#include <souk\//) {
            split(line, words, /[<>]/)
            list = list " " words[2]
        }
    close(root "/" name)
    n = split(list, words, " ")
    for (i = 1; i <= n; i++)
        gather(words[i])
    order[++headers] = name
}

function read_lines(name,    line) {
    count = 0
    while ((getline line < (root "/" name)) > 0)
        lines[++count] = line
    close(root "/" name)
}

# The comment that begins on line `at`, without its signs; `after` is the line behind it.
function comment_at(at,    line, text, first, ended) {
    text = ""
    for (first = 1; at <= count; at++) {
        line = lines[at]
        if (first)
            sub(/^[ \t]*\/\* ?/, "", line)
        else if (line ~ /^[ \t]*\*\//)
            line = "*/"
        else
            sub(/^[ \t]*\*?( |$)/, "", line)
        ended = sub(/[ \t]*\*\/.*$/, "", line)
        if (line != "" || (text != "" && !ended))
            text = text (text == "" ? "" : "\n") line
        first = 0
        if (ended)
            break
    }
    after = at + 1
    return text
}

# Is a comment still open at the end of this text?
function is_open(text,    pieces, n) {
    n = split(text, pieces, /\/\*/)
    return n > 1 && index(pieces[n], "*/") == 0
}

# ---- writing ----

# Rows from `j` on that make a list, each item with what is set in below it; the row behind them.
function print_list(rows, j, m,    item) {
    while (j <= m && rows[j] ~ /^- /) {
        item = substr(rows[j++], 3)
        while (j <= m && rows[j] ~ /^  /)
            item = item " " trim(rows[j++])
        print "- " prose(item)
    }
    print ""
    return j
}

function print_prose(text,    parts, n, i, rows, m, j, block) {
    n = split(text, parts, /\n[ \t]*\n/)
    for (i = 1; i <= n; i++) {
        m = split(parts[i], rows, "\n")
        for (j = 1; j <= m;) {
            block = ""
            for (; j <= m && rows[j] !~ /^(- | )/; j++)
                block = block (block == "" ? "" : " ") rows[j]
            if (block != "")
                print prose(block) "\n"
            if (j <= m && rows[j] ~ /^- /)
                j = print_list(rows, j, m)
            if (j <= m && rows[j] ~ /^ /) { # what is set in: columns, or code
                print "```text"
                for (; j <= m && rows[j] ~ /^ /; j++)
                    print rows[j]
                print "```\n"
            }
        }
    }
}

function end_table() {
    if (in_table)
        print ""
    in_table = 0
}

function print_code(text) {
    end_table()
    print "```c\n" text "\n```\n"
}

# A run of macros, without blank lines between, is one block.
function end_macros() {
    if (macros != "")
        print_code(macros)
    macros = ""
}

function take_pending(    text) {
    text = pending
    pending = ""
    return text
}

function as_comment(text) {
    if (text == "")
        return ""
    gsub(/\n/, "\n * ", text)
    return "/* " text " */\n"
}

# One function: its comment with the bracket, its signature.
function print_function(at, signature,    text, bracket, parts, n, from, waits) {
    text = take_pending()
    gsub(/[ \t]*\n[ \t]*/, " ", text)
    sub(/^static inline /, "", signature)
    gsub(/__attribute__\(\(format\([^)]*\)\)\) |SOUK_FORMAT\([0-9]\) /, "", signature)
    gsub(/[ \t]*\n[ \t]*/, " ", signature)
    signature = trim(signature)
    if (!match(text, /\[[^][]*\]$/)) {
        bad(at, signature ": its comment does not end with [from where; waits or blocks; since]")
        return
    }
    bracket = substr(text, RSTART + 1, RLENGTH - 2)
    text = trim(substr(text, 1, RSTART - 1))
    n = split(bracket, parts, /; /)
    from = parts[1]
    waits = n == 3 ? parts[2] : ""
    if (text == "")
        bad(at, signature ": its comment says nothing")
    if (n < 2 || n > 3 || from !~ /^(any|serving|init|(READ|WRITE|TASK)( (READ|WRITE|TASK))*)$/ ||
        waits !~ /^((TASK )?(waits|blocks))?$/ || parts[n] !~ /^[0-9]+\.[0-9]+$/)
        bad(at, signature ": [" bracket "] is no [from where; waits or blocks; since]")
    if (!in_table)
        print "| function | from | waits | since |\n|---|---|---|---|"
    in_table = 1
    print "| `" cell(signature) "`<br>" cell(prose(text)) " | " from " | " waits " | " parts[n] " |"
}

# "---- memory ----", perhaps with words behind it.
function heading(text,    name, rest) {
    end_table()
    name = text
    gsub(/\n/, " ", name)
    sub(/^-+ /, "", name)
    rest = ""
    if (match(name, / -+( |$)/)) {
        rest = trim(substr(name, RSTART + RLENGTH))
        name = substr(name, 1, RSTART - 1)
    }
    print "### " toupper(substr(name, 1, 1)) prose(substr(name, 2)) "\n"
    if (rest != "")
        print prose(rest) "\n"
}

# ---- the parts of a header; each gives the line behind it ----

function macro_at(at,    text, line, words) {
    line = lines[at]
    text = line
    while ((text ~ /\\$/ || is_open(text)) && at < count)
        text = text "\n" lines[++at]
    split(line, words, /[ (]/)
    if (words[2] ~ /_H$/ || words[2] == "SOUK_CALL_SQL") {
        pending = ""
        return at + 1
    }
    if (words[2] ~ /^souk_/) { # a function in the shape of a macro
        end_macros()
        sub(/^#define /, "", line)
        sub(/\).*$/, ")", line)
        print_function(at, line)
        return at + 1
    }
    if (line ~ /^#define [A-Z_]+\(/ && text ~ /\\\n/) {
        sub(/\).*$/, ")", line)
        text = line " \342\200\246"
    }
    gsub(/[ \t]*\\\n[ \t]*/, " ", text)
    macros = macros (macros == "" ? "" : "\n") as_comment(take_pending()) text
    return at + 1
}

function function_at(at,    text, from) {
    from = at
    text = lines[at]
    while (text !~ /\{/ && at < count)
        text = text "\n" lines[++at]
    if (lines[at] !~ /\}[ \t]*$/)
        while (lines[at] !~ /^\}/ && at < count)
            at++
    sub(/[ \t\n]*\{.*$/, "", text)
    print_function(from, text)
    return at + 1
}

function struct_at(at,    text, name) {
    text = lines[at]
    name = text
    sub(/^struct /, "", name)
    sub(/[ ;].*$/, "", name)
    if (text ~ /\{/)
        while (lines[at] !~ /^\};/ && at < count)
            text = text "\n" lines[++at]
    else
        while ((is_open(text) || text !~ /;/) && at < count)
            text = text "\n" lines[++at]
    if ((name !~ /_api$/ || name == "souk_api") && (text ~ /\/\*/ || text ~ /\{/))
        print_code(as_comment(take_pending()) text)
    pending = ""
    return at + 1
}

function typedef_at(at,    text) {
    text = lines[at]
    while (text !~ /;/)
        text = text "\n" lines[++at]
    print_code(as_comment(take_pending()) text)
    return at + 1
}

function print_header(name,    at, line, text) {
    header = name
    pending = macros = ""
    in_table = 0
    read_lines(name)
    print "## " name "\n"
    text = lines[1] ~ /^\/\*/ ? comment_at(1) : ""
    if (length(text) < 40)
        bad(1, "the header does not open with a paragraph that says what it is for")
    print_prose(text)
    for (at = after; at <= count;) {
        line = lines[at]
        if (line !~ /^#define/)
            end_macros()
        if (line ~ /^#ifdef __cplusplus/) { # C++ has its own way to the same functions
            for (at++; at <= count && lines[at] !~ /^#(else|endif)/; at++)
                ;
            at++
        } else if (line ~ /^\/\* clang-format/) {
            at++
        } else if (line ~ /^\/\*/) {
            text = comment_at(at)
            at = after
            pending = ""
            if (text ~ /^-+ /)
                heading(text)
            else
                pending = text
        } else if (line ~ /^#define/) {
            at = macro_at(at)
        } else if (line ~ /^static inline/) {
            at = function_at(at)
        } else if (line ~ /^struct /) {
            at = struct_at(at)
        } else if (line ~ /^typedef/) {
            at = typedef_at(at)
        } else {
            if (trim(line) == "")
                pending = ""
            at++
        }
    }
    end_macros()
    end_table()
}

# The first sentence of a header's paragraph.
function first_words(text) {
    sub(/\n[ \t]*\n.*$/, "", text)
    gsub(/\n/, " ", text)
    if (match(text, /\. /))
        text = substr(text, 1, RSTART)
    sub(/:$/, ".", text)
    return text
}

BEGIN {
    root = ARGV[1] == "" ? "sdk/include" : ARGV[1]
    ARGC = 1
    gather("souk.h")
    print "# Reference\n"
    print "All that stands in the headers, made from them by `sdk/reference.awk`: never change this page, change a header, and `make reference`.\n"
    read_lines("souk.h")
    print_prose(comment_at(1))
    print "| header | |\n|---|---|"
    for (i = 1; i < headers; i++) {
        read_lines(order[i])
        anchor = order[i]
        gsub(/[^a-z0-9_]/, "", anchor)
        print "| [" order[i] "](#" anchor ") | " cell(prose(first_words(comment_at(1)))) " |"
    }
    print ""
    for (i = 1; i < headers; i++)
        print_header(order[i])
    exit failed
}
