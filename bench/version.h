/* SPDX-License-Identifier: MIT */
#ifndef BENCH_VERSION_H
#define BENCH_VERSION_H

/*
 * What this build is: its own version, and what the compiler tells of itself.
 */

#define VERSION_COBENCH "0.1.0"

#define VERSION_TEXT_(x) #x
#define VERSION_TEXT(x)  VERSION_TEXT_(x)

#ifdef __clang__
#define VERSION_COMPILER "clang " __clang_version__
#else
#define VERSION_COMPILER "gcc " __VERSION__
#endif

#ifdef __OPTIMIZE__
#define VERSION_OPTIMISED 1
#else
#define VERSION_OPTIMISED 0
#endif

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define VERSION_SANITIZER "address"
#elif __has_feature(thread_sanitizer)
#define VERSION_SANITIZER "thread"
#endif
#endif
#if defined __SANITIZE_ADDRESS__
#define VERSION_SANITIZER "address"
#elif defined __SANITIZE_THREAD__
#define VERSION_SANITIZER "thread"
#endif
#ifndef VERSION_SANITIZER
#define VERSION_SANITIZER ""
#endif

#endif
