/* SPDX-License-Identifier: MIT */
/* Three significant digits, whatever the size. */

#include "human.h"

#include <math.h>
#include <stdio.h>

/* The number of decimals that makes three significant digits. */
static int decimals(double value)
{
    double size = fabs(value);
    if (size == 0 || size >= 99.95)
        return 0;
    if (size >= 9.995)
        return 1;
    if (size >= 0.9995)
        return 2;
    int digits = 2 - (int)floor(log10(size));
    return digits < 9 ? digits : 9;
}

static char *absent(char text[HUMAN])
{
    snprintf(text, HUMAN, "-");
    return text;
}

/* Ratios of everyday size have two decimals: "0.64x" is exact enough. */
static int ratio_decimals(double ratio)
{
    return ratio >= 0.0995 && ratio < 0.9995 ? 2 : decimals(ratio);
}

/* Scales value down by `step` until it reads below the limit. */
static char *scaled(char text[HUMAN], double value, double step,
                    const char *const units[], size_t n)
{
    size_t unit = 0;
    while (unit + 1 < n && fabs(value) >= 999.5) {
        value /= step;
        unit++;
    }
    snprintf(text, HUMAN, "%.*f%s", decimals(value), value, units[unit]);
    return text;
}

char *human_time(char text[HUMAN], double ns)
{
    static const char *const units[] = { " ns", " us", " ms", " s" };
    return isfinite(ns) ? scaled(text, ns, 1000, units, 4) : absent(text);
}

char *human_bytes(char text[HUMAN], double bytes)
{
    static const char *const units[] = { "B", "K", "M", "G", "T" };
    return isfinite(bytes) ? scaled(text, bytes, 1024, units, 5) : absent(text);
}

char *human_count(char text[HUMAN], double count)
{
    static const char *const units[] = { "", "k", "M", "G", "T" };
    return isfinite(count) ? scaled(text, count, 1000, units, 5) : absent(text);
}

char *human_ratio(char text[HUMAN], double ratio)
{
    if (!isfinite(ratio))
        return absent(text);
    snprintf(text, HUMAN, "%.*fx", ratio_decimals(ratio), ratio);
    return text;
}

char *human_interval(char text[HUMAN], const struct estimate *e)
{
    if (e->n == 0 || !e->interval)
        return absent(text);
    int digits = ratio_decimals(e->high);
    snprintf(text, HUMAN, "[%.*f, %.*f]", digits, e->low, digits, e->high);
    return text;
}

char *human_times(char text[HUMAN], const struct estimate *e, double scale)
{
    char low[HUMAN], high[HUMAN];
    if (e->n == 0 || !e->interval)
        return absent(text);
    snprintf(text, HUMAN, "[%.16s, %.16s]", human_time(low, e->low * scale),
             human_time(high, e->high * scale));
    return text;
}

char *human_spread(char text[HUMAN], const struct estimate *e)
{
    double percent = 100 * stats_spread(e);
    if (!isfinite(percent))
        return absent(text);
    snprintf(text, HUMAN, "%.*f%%", percent < 9.95, percent);
    return text;
}

char *human_skip(char *text, size_t size, const char *reason,
                 const json_t *skip)
{
    const json_t *needed = json_object_get(skip, "needed");
    const json_t *limit = json_object_get(skip, "limit");
    const char *remedy = json_string_value(json_object_get(skip, "remedy"));
    char numbers[96] = "";
    if (json_is_integer(needed) && json_is_integer(limit))
        snprintf(numbers, sizeof numbers, " (needs %lld, limit %lld)",
                 (long long)json_integer_value(needed),
                 (long long)json_integer_value(limit));
    snprintf(text, size, "%s%s%s%s", reason, numbers, remedy ? ": " : "",
             remedy ? remedy : "");
    return text;
}
