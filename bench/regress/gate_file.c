/* SPDX-License-Identifier: MIT */
/*
 * Writes and reads regress.json.
 */
#include "gate_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "document.h"

enum {
    SCHEMA = 1
};

static const char *const roles[] = {
    [DECIDE_GATE] = "gate",
    [DECIDE_INFORM] = "information",
    [DECIDE_CONTROL] = "control",
};
static const char *const units[] = { "ns", "bytes", "count", "ratio" };

/* The place of text in a list of n, or -1. */
static int place(const char *const list[], size_t n, const char *text)
{
    for (size_t i = 0; text && i < n; i++)
        if (strcmp(list[i], text) == 0)
            return (int)i;
    return -1;
}

/* ---- writing ---- */

int gate_write_text(const char *path, const char *text, size_t bytes)
{
    char temporary[PATH_MAX];
    int n = snprintf(temporary, sizeof temporary, "%s.tmp", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return -ENAMETOOLONG;
    FILE *f = fopen(temporary, "we");
    if (!f)
        return -errno;
    int err = fwrite(text, 1, bytes, f) == bytes ? 0 : errno ? -errno : -EIO;
    if (fclose(f) != 0 && err == 0)
        err = -errno;
    if (err == 0 && rename(temporary, path) != 0)
        err = -errno;
    if (err != 0)
        unlink(temporary);
    return err;
}

static json_t *numbers(const double *values, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_real(values[i]));
    return list;
}

static void put_verdict(struct document *d, json_t *out,
                        const struct gate_entry *entry)
{
    const struct decision *decision = &entry->decision;
    document_text(d, out, "verdict", decide_verdict_name(decision->verdict));
    document_number(d, out, "base", decision->base);
    document_number(d, out, "head", decision->head);
    document_number(d, out, "ratio", decision->ratio);
    document_number(d, out, "low", decision->low);
    document_number(d, out, "high", decision->high);
    document_number(d, out, "p", decision->p);
    document_number(d, out, "holm", decision->holm);
    document_number(d, out, "detectable", decision->detectable);
    document_text(d, out, "remark", *entry->remark ? entry->remark : NULL);
}

static json_t *entry_json(struct document *d, const struct gate_entry *entry)
{
    json_t *out = json_object(), *stages = json_array();
    for (int i = 0; i < DECIDE_STAGES; i++) {
        const struct gate_samples *stage = &entry->stages[i];
        document_append(d, stages,
                        json_pack("{s:o, s:o}", "base",
                                  numbers(stage->base, stage->n), "head",
                                  numbers(stage->head, stage->n)));
    }
    document_text(d, out, "name", entry->name);
    document_text(d, out, "unit", entry->unit);
    document_text(d, out, "role", roles[entry->role]);
    document_put(d, out, "exact", json_boolean(entry->exact));
    document_number(d, out, "floor", entry->floor);
    document_number(d, out, "grain", entry->grain);
    document_put(d, out, "stages", stages);
    put_verdict(d, out, entry);
    return out;
}

int gate_write(const struct gate *gate, const char *path)
{
    struct document d = { 0 };
    json_t *metrics = json_array();
    for (size_t i = 0; i < gate->n; i++)
        document_append(&d, metrics, entry_json(&d, &gate->entries[i]));
    json_t *root = json_pack(
        "{s:i, s:O, s:b, s:b, s:f, s:O, s:O, s:O, s:O*, s:o, s:i, s:s}",
        "schema", SCHEMA, "about", gate->about, "identical", gate->identical,
        "cut_short", gate->cut_short, "steal_percent", gate->steal_percent,
        "broken", gate->broken, "accepts", gate->accepts, "left_out",
        gate->left_out, "baseline", gate->baseline, "metrics", metrics,
        "status", gate->status, "reason", gate->reason);
    char *text = NULL;
    if (root && d.error == 0)
        text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(root);
    int err = text ? gate_write_text(path, text, strlen(text)) : -ENOMEM;
    free(text);
    return err;
}

/* ---- reading ---- */

/* -1 unless it is an array of numbers with room for them. */
static int read_numbers(double *out, const json_t *list)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n > GATE_ROUNDS)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_number(value))
            return -1;
        out[i] = json_number_value(value);
    }
    return (int)n;
}

static bool read_stage(struct gate_samples *out, const json_t *stage)
{
    int base = read_numbers(out->base, json_object_get(stage, "base"));
    int head = read_numbers(out->head, json_object_get(stage, "head"));
    out->n = base > 0 ? (size_t)base : 0;
    return base >= 0 && base == head;
}

/* A number from 0 to high. */
static bool is_within(const json_t *number, double high)
{
    double value = json_number_value(number);
    return json_is_number(number) && value >= 0 && value <= high;
}

/* Fills in an entry; false when it is not well-formed. */
static bool read_entry(struct gate_entry *entry, const json_t *json)
{
    int unit = place(units, sizeof units / sizeof *units,
                     json_string_value(json_object_get(json, "unit")));
    int role = place(roles, sizeof roles / sizeof *roles,
                     json_string_value(json_object_get(json, "role")));
    const json_t *stages = json_object_get(json, "stages");
    const json_t *floor = json_object_get(json, "floor");
    const json_t *grain = json_object_get(json, "grain");
    if (unit < 0 || role < 0 || !is_within(floor, 1000) ||
        !is_within(grain, 1e18) || json_array_size(stages) != DECIDE_STAGES)
        return false;
    entry->unit = units[unit];
    entry->role = (enum decide_role)role;
    entry->exact = json_is_true(json_object_get(json, "exact"));
    entry->floor = json_number_value(floor);
    entry->grain = json_number_value(grain);
    bool good = true;
    for (size_t i = 0; i < DECIDE_STAGES; i++)
        good = good && read_stage(&entry->stages[i], json_array_get(stages, i));
    return good;
}

static int read_entries(struct gate *gate, const json_t *list)
{
    size_t i;
    json_t *json;
    json_array_foreach(list, i, json)
    {
        const char *name = json_string_value(json_object_get(json, "name"));
        struct gate_entry *entry = name ? gate_add(gate, name) : NULL;
        if (!entry || !read_entry(entry, json))
            return -EBADMSG;
    }
    return json_is_array(list) ? 0 : -EBADMSG;
}

/* Takes the value over in place of what *old holds, if it is of that type. */
static bool take(json_t **old, json_t *value, json_type type)
{
    if (!value || json_typeof(value) != type)
        return false;
    json_decref(*old);
    *old = json_incref(value);
    return true;
}

int gate_load(struct gate *gate, const char *path, char *message, size_t size)
{
    json_error_t error;
    FILE *f = fopen(path, "re");
    if (!f) {
        snprintf(message, size, "%s: %s", path, strerror(errno));
        return -errno;
    }
    json_t *root = json_loadf(f, JSON_REJECT_DUPLICATES, &error);
    fclose(f);
    snprintf(message, size, "%s: not a whole regress.json", path);
    const json_t *steal = json_object_get(root, "steal_percent");
    bool good =
        json_integer_value(json_object_get(root, "schema")) == SCHEMA &&
        take(&gate->about, json_object_get(root, "about"), JSON_OBJECT) &&
        take(&gate->broken, json_object_get(root, "broken"), JSON_ARRAY) &&
        take(&gate->accepts, json_object_get(root, "accepts"), JSON_ARRAY) &&
        take(&gate->left_out, json_object_get(root, "left_out"), JSON_ARRAY) &&
        is_within(steal, 100) &&
        read_entries(gate, json_object_get(root, "metrics")) == 0;
    take(&gate->baseline, json_object_get(root, "baseline"), JSON_OBJECT);
    gate->steal_percent = json_number_value(steal);
    gate->identical = json_is_true(json_object_get(root, "identical"));
    gate->cut_short = json_is_true(json_object_get(root, "cut_short"));
    json_decref(root);
    return good ? 0 : -EBADMSG;
}
