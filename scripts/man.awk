# SPDX-License-Identifier: MIT
# usage: awk -f man.awk HELP
# What a command says on --help, as roff for man(7).  The usage has its own
# lines.  Then an option begins after two blanks, and what it does after two
# more; other lines with two blanks are shown as they are; a word alone is a
# heading; everything else is text to be filled.

function escape(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/'/, "\\(aq", text)
    gsub(/`/, "\\(ga", text)
    gsub(/"/, "\\(dq", text)
    gsub(/~/, "\\(ti", text)
    gsub(/\^/, "\\(ha", text)
    return text ~ /^\./ ? "\\&" text : text
}

# Ends what the lines before were.
function become(next_state) {
    if (state == "shown" && next_state != "shown")
        print ".fi\n.RE"
    if (next_state == "shown" && state != "shown")
        print ".RS\n.nf"
    state = next_state
}

# The usage ends with the first line that is not indented.
NR == 1 || (state == "usage" && /^ /) {
    state = "usage"
    sub(/^usage: /, "")
    sub(/^ +/, "    ")
    print (NR == 1 ? "" : ".br\n") ".B \"" escape($0) "\""
    next
}

/^$/ {
    if (state != "shown")
        become("")
    blank = 1
    next
}
/^  -/ {
    become("option")
    term = $0
    sub(/^ +/, "", term)
    at = match(term, /  +/)
    text = at ? substr(term, at + RLENGTH) : ""
    if (at)
        term = substr(term, 1, at - 1)
    print ".TP\n.B " escape(term)
    if (text != "")
        print escape(text)
    next
}
/^    / && state == "option" {
    sub(/^ +/, "")
    print escape($0)
    next
}
/^ / {
    become("shown")
    sub(/^ +/, "")
    print escape($0)
    next
}
/^[a-z]+$/ {
    become("")
    print ".PP\n.B " $0
    next
}
{
    if (state != "text" || blank) {
        become("text")
        print ".PP"
    }
    blank = 0
    print escape($0)
}
END { become("") }
