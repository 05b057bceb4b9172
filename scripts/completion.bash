# shellcheck shell=bash disable=SC2312
# SPDX-License-Identifier: MIT
# Completes the command line of cobench in bash, and in zsh by its bashcompinit:
#     . scripts/completion.bash
# Knows nothing by itself: commands, options and what they take are read from
# the program's --help, the names of what is measured from its `list --json`.
# Where the program fails nothing is offered.

# _cobench_names PROGRAM runtime|workload|param|value LINE [PARAM]: the names of
# that kind.  Parameters are those of the workloads that LINE has between
# commas, or of all when it has none; values those of one parameter.
_cobench_names() {
    "$1" list --json 2>/dev/null </dev/null |
        awk -v want="$2" -v line="$3," -v of="${4-}" '
        /"name": / { split($0, part, "\""); name = part[4] }
        /"summary": / && want == "runtime" { print name }
        /"question": / && want == "workload" { print name }
        /"question": / { asked = index(line, "," name ",") > 0 }
        /"kind": / && want == "param" { all[name "="]; mine[name "=", asked] }
        /\]/ { choices = 0 }
        choices && want == "value" && name == of {
            split($0, part, "\"")
            all[part[2]]
            mine[part[2], asked]
        }
        /"choices": \[/ { choices = 1 }
        asked { found = 1 }
        END {
            for (word in all)
                if (!found || (word, 1) in mine)
                    print word
        }' | sort -u
}

# _cobench_values PROGRAM TAKES CURRENT LINE: all that may stand where the help
# says TAKES and CURRENT is typed; of a list, for its last member.
_cobench_values() {
    local before='' name
    case $2 in
    NAME=* | 'NAME['=*) before=${3%"${3##*[=,]}"} ;;
    *,*) before=${3%"${3##*,}"} ;;
    *) ;;
    esac
    case $2 in
    NAME=* | 'NAME['=*)
        case ${before} in
        '') _cobench_names "$1" param "$4" ;;
        *) _cobench_names "$1" value "$4" "${before%%=*}" ;;
        esac
        ;;
    SPEC* | A,B) _cobench_names "$1" runtime "$4" ;;
    NAME* | WORKLOAD*) _cobench_names "$1" workload "$4" ;;
    *'|'*) tr '|' '\n' <<<"$2" ;;
    DIR) compgen -S / -d -- "$3" ;;
    FILE)
        compgen -S / -d -- "$3"
        compgen -f -X '!*.*' -- "$3"
        ;;
    PROGRAM) compgen -c -- "$3" ;;
    REV) git for-each-ref --format='%(refname:short)' 2>/dev/null ;;
    *) ;;
    esac | while IFS= read -r name; do
        printf '%s\n' "${before}${name}"
    done
}

# _cobench_takes WORD SEPARATOR: what the help on standard input says that WORD
# takes: it follows after SEPARATOR; what a word does follows after two blanks.
# The usage may have an option in short, so it comes last.
_cobench_takes() {
    sed -n '/^usage: /h; /^ /p; ${ g; p; }' |
        grep -Eo -e "$1$2[^] =-][^] ]*" |
        sed -n "1s/^$1[ =[]*//p"
}

# _cobench_words PROGRAM COMMAND PREVIOUS CURRENT LINE: all that may stand here.
_cobench_words() {
    local help takes
    if [[ -z $2 ]]; then
        "$1" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'
        printf '%s\n' --help --version
        return
    fi
    help=$("$1" "$2" --help 2>/dev/null </dev/null) || return 0
    if [[ $4 == --*=* ]]; then
        takes=$(_cobench_takes "${4%%=*}" '( |=|\[=)' <<<"${help}")
        _cobench_values "$1" "${takes}" "${4#*=}" "$5" |
            sed "s|^|${4%%=*}=|"
        return
    fi
    takes=
    [[ $3 != --* ]] || takes=$(_cobench_takes "$3" ' ' <<<"${help}")
    if [[ -z ${takes} && $4 == -* ]]; then
        grep -Eo -e '--[a-z][a-z-]*' <<<"${help}"
        echo --help
        return
    fi
    [[ -n ${takes} ]] ||
        takes=$(printf '%s\n' "${help}" | sed 's/ \[--[^]]*\]//g' |
            _cobench_takes "cobench $2" ' ')
    _cobench_values "$1" "${takes}" "$4" "$5"
}

_cobench() {
    local program=${1/#\~\//${HOME-}/} word='' line='' previous='' current=''
    local i piece='' strip command
    COMPREPLY=()
    for ((i = 1; i <= COMP_CWORD; i++)); do
        # To bash, words also end at = and at :.
        if [[ ${i} -gt 1 && (${COMP_WORDS[i]} == [=:]* || ${piece} == [=:]) ]]; then
            piece=${COMP_WORDS[i]}
            current+=${piece}
        else
            previous=${current}
            line+=,${current}
            piece=${COMP_WORDS[i]}
            current=${piece}
        fi
    done
    command=${line#,}
    command=${command#,}
    command=${command%%,*}
    [[ ${piece} != [=:] ]] || piece=
    strip=${current%"${piece}"}
    while IFS= read -r word; do
        [[ -z ${word} || ${word} != "${current}"* ]] ||
            COMPREPLY+=("${word#"${strip}"}")
    done <<<"$(_cobench_words "${program}" "${command}" "${previous}" \
        "${current}" "${line}" | sort -u)"
    # More follows the name of a parameter, and a folder.
    [[ ${COMPREPLY[*]-} != *[=/] ]] || compopt -o nospace 2>/dev/null || :
}

complete -F _cobench cobench
