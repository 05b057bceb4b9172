# SPDX-License-Identifier: MIT
# usage: awk -f words.awk -f OTHER.awk ...
# What the names of points have in common: "echo/conns:10/cpus:1" has the words
# conns:10 and cpus:1.  A set is whatever names are considered together.

# Splits a name into word[1..]; the workload is none of them.
function words_of(name, word,    n, i)
{
    n = split(name, word, "/")
    for (i = 1; i < n; i++)
        word[i] = word[i + 1]
    return n - 1
}

# Adds a name to a set, the first time it comes.
function count_words(set, name,    n, i, word)
{
    if ((set, name) in counted)
        return
    counted[set, name] = 1
    names_in[set]++
    n = words_of(name, word)
    for (i = 1; i <= n; i++)
        with_word[set, word[i]]++
}

# The words of a name that all of the set share, or those that not all do; "-"
# where there are none.
function some_words(set, name, shared,    n, i, word, out)
{
    n = words_of(name, word)
    for (i = 1; i <= n; i++)
        if ((with_word[set, word[i]] == names_in[set]) == shared)
            out = out (out == "" ? "" : "  ") word[i]
    return out == "" ? "-" : out
}
