# SPDX-License-Identifier: MIT
# One look for every chart: the colour and the mark of each runtime, the way
# times, sizes and counts are written, and the text sizes.  Loaded first.
# Colours are Okabe and Ito's, which colour-blind readers tell apart; a name
# on white uses a darker shade of the same hue.

set encoding utf8
set datafile separator "\t"
set minussign

FACE = "DejaVu Sans"
INK = 0x222222
GREY = 0x666666
FAINT = 0xDDDDDD

# ---- runtimes: one of ours gets a line in each of these tables ----
# Others are told apart by their place in the list STRANGERS, which is the
# same for all charts of a run.
strangers = system("printf %s \"${STRANGERS-}\"")
place_in(list, w, i) = i > words(list) ? 0 : \
    word(list, i) eq w ? i : place_in(list, w, i + 1)
strange(rt, a, b, c, d) = (i_ = place_in(strangers, rt, 1) % 4, \
    i_ == 1 ? a : i_ == 2 ? b : i_ == 3 ? c : d)
base(rt) = rt[1:strstrt(rt . ":", ":") - 1]
# What is no runtime of ours is said wherever its name stands.
third_party = system("printf %s \"${THIRD_PARTY-}\"")
references = system("printf %s \"${REFERENCES-}\"")
called(rt) = rt . (among(third_party, rt) ? " (third-party)" : \
    among(references, rt) ? " (reference)" : "")
hue(rt) = \
    rt eq "coro"           ? 0x0072B2 : \
    rt eq "pool:50"        ? 0xB8860B : \
    base(rt) eq "pool"     ? 0xE69F00 : \
    rt eq "thread"         ? 0xD55E00 : \
    base(rt) eq "thread"   ? 0xCC79A7 : \
    base(rt) eq "seq"      ? 0x7A7A7A : \
    base(rt) eq "epoll"    ? 0x009E73 : \
    base(rt) eq "uv"       ? 0x56B4E9 : \
    base(rt) eq "futex"    ? 0x8C564B : \
    strange(rt, 0x000000, 0x8C510A, 0x5E3C99, 0x01665E)
shade(rt) = \
    rt eq "coro"           ? 0x005A8E : \
    rt eq "pool:50"        ? 0x7A5800 : \
    base(rt) eq "pool"     ? 0x9A6400 : \
    rt eq "thread"         ? 0xA84A00 : \
    base(rt) eq "thread"   ? 0x9C4777 : \
    base(rt) eq "seq"      ? 0x555555 : \
    base(rt) eq "epoll"    ? 0x00704F : \
    base(rt) eq "uv"       ? 0x1F78B4 : \
    base(rt) eq "futex"    ? 0x6B3E35 : hue(rt)
mark(rt) = \
    rt eq "coro"           ? 7  : \
    rt eq "pool:2"         ? 4  : \
    rt eq "pool:50"        ? 12 : \
    rt eq "pool:64"        ? 3  : \
    base(rt) eq "pool"     ? 5  : \
    rt eq "thread"         ? 9  : \
    base(rt) eq "thread"   ? 11 : \
    base(rt) eq "seq"      ? 13 : \
    base(rt) eq "epoll"    ? 15 : \
    base(rt) eq "uv"       ? 2  : \
    base(rt) eq "futex"    ? 8  : strange(rt, 6, 3, 1, 12)
dashes(rt) = \
    rt eq "pool:50" || rt eq "thread:64k" || rt eq "thread:tuned" ? 2 : \
    rt eq "pool:2" || rt eq "pool:64" ? 4 : 1

# ---- numbers as people write them ----
# Three digits that count, "0.0123", "1.23", "12.3", "123".
digits(v) = abs(v) >= 99.95 ? sprintf("%.0f", v) : \
    abs(v) >= 9.995 ? sprintf("%.1f", v) : \
    abs(v) >= 0.9995 ? sprintf("%.2f", v) : sprintf("%.3g", v)
unit(v, scale, name) = digits(v / scale) . " " . name
# The unit of a time, in seconds, and its name.
time_unit(v) = v < 999.5e-9 ? 1e-9 : v < 999.5e-6 ? 1e-6 : \
    v < 999.5e-3 ? 1e-3 : 1.
time_name(u) = u < 5e-9 ? "ns" : u < 5e-6 ? "µs" : u < 5e-3 ? "ms" : "s"
seconds(v) = unit(v, time_unit(v), time_name(time_unit(v)))
# A median with its interval: "12.3 µs  [11.9, 12.8]".
with_interval(v, low, high) = seconds(v) . (low == low ? \
    sprintf("  [%s, %s]", digits(low / time_unit(v)), \
        digits(high / time_unit(v))) : "")
bytes(v) = v < 1000 ? sprintf("%.0f B", v) : \
    v < 1000. * 1024 ? unit(v, 1024, "KiB") : \
    v < 1000. * 1024**2 ? unit(v, 1024**2, "MiB") : unit(v, 1024**3, "GiB")
# Counts on an axis: "128", "1024", "30k", "1M".
count(v) = v >= 999.5e6 ? sprintf("%gG", v / 1e9) : \
    v >= 999.5e3 ? sprintf("%gM", v / 1e6) : \
    v >= 9999.5 ? sprintf("%gk", v / 1e3) : sprintf("%g", v)
# What the x axis of a sweep is called.
size_name(x) = x eq "conns" ? "connections" : x eq "delay_ms" ? "delay, ms" : \
    x eq "cpu_us" ? "computing per task, µs" : x eq "cut" ? "cut-off" : \
    x eq "touch_kib" ? "stack used, KiB" : \
    x eq "rate" ? "arrivals per second" : x
# A ratio on an axis: "1/20", "1/2", "1", "2", "10".
ratio(v) = v < 0.995 ? sprintf("1/%g", 1 / v) : sprintf("%g", v)

# A tick as short as it goes: "10 µs", "2 MiB"; a round number stays round.
tick_seconds(v) = v == 0 ? "0" : v < 0.9995e-6 ? sprintf("%.4g ns", v * 1e9) : \
    v < 0.9995e-3 ? sprintf("%.4g µs", v * 1e6) : \
    v < 0.9995 ? sprintf("%.4g ms", v * 1e3) : sprintf("%.4g s", v)
tick_bytes(v) = v == 0 ? "0" : v < 1024 ? sprintf("%.4g B", v) : \
    v < 1024**2 ? sprintf("%.4g KiB", v / 1024) : \
    v < 1024**3 ? sprintf("%.4g MiB", v / 1024**2) : \
    sprintf("%.4g GiB", v / 1024**3)
tick_kib(v) = sprintf("%.4g KiB", v)

# ---- which axis ----
# Beyond a factor of eight bars from zero hide the small ones: logarithmic.
spans(low, high) = low > 0 && high / low > 8
# A step of 1, 2 or 5 times a power of ten that gives about n ticks.
power(v) = 10.**floor(log10(v))
step(range, n) = (s_ = range / n, p_ = power(s_), \
    s_ / p_ > 5 ? 10 * p_ : s_ / p_ > 2 ? 5 * p_ : s_ / p_ > 1 ? 2 * p_ : p_)

# Decades for a logarithmic axis; 2 and 5 as well when there are few.
# FORMAT is the name of a function in an expression of v.
log_ticks(axis, low, high, format) = (v_ = 10.**floor(log10(low)), \
    log_ticks_from(axis, v_, low, high, log10(high / low) < 2.6, format))
log_ticks_from(axis, v, low, high, dense, format) = v > high ? "" : \
    log_tick(axis, v, low, high, format) . (dense ? \
        log_tick(axis, 2 * v, low, high, format) . \
        log_tick(axis, 5 * v, low, high, format) : "") . \
    log_ticks_from(axis, 10 * v, low, high, dense, format)
log_tick(axis, v, low, high, format) = v < low || v > high ? "" : \
    sprintf("set %stics add (%s(%.15g) %.15g);", axis, format, v, v)
# Sizes in steps of a factor ten, "10 KiB", "100 KiB", "1 MiB".
byte_ticks(low, high) = byte_ticks_from(0, low, high)
byte_tick(i) = 10.**(i % 3) * 1024.**(i / 3)
byte_ticks_from(i, low, high) = byte_tick(i) > high ? "" : \
    log_tick("y", byte_tick(i), low, high, "tick_bytes") . \
    (log10(high / low) < 2.6 ? \
        log_tick("y", 2 * byte_tick(i), low, high, "tick_bytes") . \
        log_tick("y", 5 * byte_tick(i), low, high, "tick_bytes") : "") . \
    byte_ticks_from(i + 1, low, high)
# From zero in about n steps.
plain_ticks(axis, high, n, format) = \
    plain_ticks_from(axis, 0., step(high, n), high, format)
plain_ticks_from(axis, v, by, high, format) = v > high * 1.0001 ? "" : \
    sprintf("set %stics add (%s(%.15g) %.15g);", axis, format, v, v) . \
    plain_ticks_from(axis, v + by, by, high, format)

# Around 1, as parts of a whole: "-10 %", "0", "+25 %".
relative(v) = v == 1 ? "0" : \
    sprintf("%s%.3g %%%%", v < 1 ? "−" : "+", 100 * abs(v - 1))
relative_ticks(low, high) = list_ticks("x", low, high, "relative", \
    high / low > 30 ? "0.03 0.1 0.3 1 3 10 30" : \
    high / low > 4 ? "0.25 0.5 0.75 1 1.5 2 3 5 10" : \
    high / low > 1.6 ? "0.5 0.6 0.7 0.85 1 1.2 1.4 1.7 2 2.5 3" : \
    "0.7 0.8 0.9 1 1.1 1.2 1.3 1.4", 1)
list_ticks(axis, low, high, format, list, i) = i > words(list) ? "" : \
    log_tick(axis, real(word(list, i)), low, high, format) . \
    list_ticks(axis, low, high, format, list, i + 1)

# Is w one of the blank-separated words?
among(list, w) = strstrt(" " . list . " ", " " . w . " ") > 0
longer(w, n) = strlen(w) > n ? strlen(w) : n
