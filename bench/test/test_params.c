/* SPDX-License-Identifier: MIT */
/* Parameters: what is taken, what is refused, and what is said then. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernels.h"
#include "params.h"

static const struct param conns = { "conns", "100", 1, 20000 };
static const struct param scale = {
    .name = "scale", .low = 0.001, .high = 10, .kind = PARAM_REAL
};
static const struct param via = { .name = "via",
                                  .choices = "yield,chan,pipe",
                                  .kind = PARAM_CHOICE };

static int parse(const struct param *param, const char *text,
                 struct param_value *value)
{
    char message[256];
    return param_parse(param, text, value, message, sizeof(message));
}

static void whole_numbers_may_be_written_with_an_exponent(void **state)
{
    (void)state;
    struct param_value value;
    assert_int_equal(parse(&conns, "128", &value), 0);
    assert_int_equal(value.integer, 128);
    assert_int_equal(parse(&conns, "1e4", &value), 0);
    assert_int_equal(value.integer, 10000);
}

static void malformed_numbers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",    "x",   "1x",   "1.5", " 1",
                                       "0x1", "nan", "inf",  "1 ",  "--1",
                                       "1e",  "e1",  "1,000" };
    struct param_value value;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (parse(&conns, bad[i], &value) != -EINVAL)
            fail_msg("'%s' was taken", bad[i]);
}

static void bounds_are_inclusive(void **state)
{
    (void)state;
    struct param_value value;
    assert_int_equal(parse(&conns, "1", &value), 0);
    assert_int_equal(parse(&conns, "20000", &value), 0);
    assert_int_equal(parse(&conns, "0", &value), -ERANGE);
    assert_int_equal(parse(&conns, "20001", &value), -ERANGE);
    assert_int_equal(parse(&conns, "1e300", &value), -ERANGE);
    assert_int_equal(parse(&conns, "1e999", &value), -EINVAL);
    assert_int_equal(parse(&scale, "0.001", &value), 0);
    assert_int_equal(parse(&scale, "0.0009", &value), -ERANGE);
}

static void a_refused_value_leaves_the_old_one(void **state)
{
    (void)state;
    struct param_value value = { .integer = 7 };
    parse(&conns, "0", &value);
    parse(&conns, "y", &value);
    parse(&via, "y", &value);
    assert_int_equal(value.integer, 7);
}

static void a_choice_is_its_place_in_the_list(void **state)
{
    (void)state;
    struct param_value value;
    assert_int_equal(parse(&via, "yield", &value), 0);
    assert_int_equal(value.integer, 0);
    assert_int_equal(parse(&via, "pipe", &value), 0);
    assert_int_equal(value.integer, 2);
    assert_int_equal(parse(&via, "pip", &value), -EINVAL);
    assert_int_equal(parse(&via, "yield,chan", &value), -EINVAL);
    assert_int_equal(parse(&via, "", &value), -EINVAL);
}

static void a_refusal_names_what_is_valid(void **state)
{
    (void)state;
    struct param_value value;
    char message[256];
    param_parse(&conns, "x", &value, message, sizeof(message));
    assert_string_equal(message, "conns=x: must be a whole number 1..20000");
    param_parse(&via, "tcp", &value, message, sizeof(message));
    assert_string_equal(message, "via=tcp: must be one of yield|chan|pipe");
    param_parse(&scale, "20", &value, message, sizeof(message));
    assert_string_equal(message, "scale=20: must be a number 0.001..10");
}

static void a_name_is_found_whole(void **state)
{
    (void)state;
    const struct param list[4] = { conns, scale, via };
    assert_int_equal(param_find(list, 4, "scale=1", 5), 1);
    assert_int_equal(param_find(list, 4, "scal", 4), -ENOENT);
    assert_int_equal(param_find(list, 4, "scales", 6), -ENOENT);
    assert_int_equal(param_find(list, 2, "via", 3), -ENOENT);
}

/* FIPS 180-4 test vectors, as published with the standard. */
static void sha256_gives_the_published_hashes(void **state)
{
    (void)state;
    assert_true(kernel_sha256("", 0) == 0xe3b0c44298fc1c14);
    assert_true(kernel_sha256("abc", 3) == 0xba7816bf8f01cfea);
    const char *text =
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert_true(kernel_sha256(text, strlen(text)) == 0x248d6a61d20638b8);
}

static void other_kernels_give_known_results(void **state)
{
    (void)state;
    assert_int_equal(kernel_nqueens(8), 92);
    assert_int_equal(kernel_sumsq(4), 0 + 1 + 4 + 9);
    /* The published test vector of FNV-1a, 64 bit, for "foobar". */
    assert_true(kernel_fnv(KERNEL_FNV_START, "foobar", 6) ==
                0x85944171f73967e8);
    static double one[KERNEL_MATRIX * KERNEL_MATRIX];
    for (int i = 0; i < KERNEL_MATRIX; i++)
        one[i * KERNEL_MATRIX + i] = 1;
    assert_true(kernel_matmul(one, one) == KERNEL_MATRIX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_may_be_written_with_an_exponent),
        cmocka_unit_test(malformed_numbers_are_refused),
        cmocka_unit_test(bounds_are_inclusive),
        cmocka_unit_test(a_refused_value_leaves_the_old_one),
        cmocka_unit_test(a_choice_is_its_place_in_the_list),
        cmocka_unit_test(a_refusal_names_what_is_valid),
        cmocka_unit_test(a_name_is_found_whole),
        cmocka_unit_test(sha256_gives_the_published_hashes),
        cmocka_unit_test(other_kernels_give_known_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
