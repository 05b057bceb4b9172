/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ENV_H
#define BENCH_ENV_H

/*
 * env.json: on what, with what and when a run was made.  Its top level is the
 * `context` of Google Benchmark JSON with keys of our own; what could not be
 * found out is absent.
 *
 *   date                 ISO 8601 with zone, at the start
 *   host_name, executable (its base name), num_cpus (online), mhz_per_cpu,
 *   cpu_scaling_enabled (bool), caches [{type, level, size, num_sharing}],
 *   load_avg [1, 5, 15 minutes], library_build_type "release" | "debug"
 *
 *   machine              "AMD EPYC 9B14, 2 CPUs, Linux 6.18": for captions
 *   commit               of the source, 40 hex digits; dirty (bool)
 *   programs             hash of the trial programs and the origin, 16 hex
 *   version, run_id, seed, arguments [...], profile
 *   cpu_model, cpus_allowed, kernel ("6.18.5"), architecture
 *   memory_bytes, memory_available_bytes, virtualised (bool)
 *   governor, transparent_hugepage, smt (bool), turbo (bool), clocksource,
 *   guard_pages (bool: by MADV_GUARD_INSTALL), swap_used_bytes
 *   compiler, optimised (bool), sanitizer "address" ...
 *   libraries            object: libc, libuv, libcurl, jansson,
 *                        libmicrohttpd: versions, as built with
 *   limits               object: nofile, nofile_hard, nproc, max_map_count,
 *                        threads_max, pid_max, pids_max (of the cgroup)
 *   cgroup_cpus          CPUs the cgroup's quota allows
 *   uv_threadpool_size   of the trials whose cells have no offload_threads
 *   steal_percent        of the CPUs' time, while it ran; at the end
 *   finished             ISO 8601
 *   warnings             array: what disturbs, each one line with its remedy
 *                        (doctor.h)
 */

#include <jansson.h>
#include <stdbool.h>

/* Looks around; the source is searched for above `folder`, where the programs
 * lie.  `own` is where the run writes, or NULL (source.h).  NULL without
 * memory. */
json_t *env_read(const char *folder, const char *own);

/* CPU time that other virtual machines took since env_steal_begin(), in
 * percent of all; NAN where the system does not say.  env_read() begins. */
void env_steal_begin(void);
double env_steal_percent(void);

/* Adds what is known only at the end. */
void env_finish(json_t *env);

/* The source tree or data folder that holds scripts/NAME, given the folder of
 * the programs; 0, or -ENOENT. */
int env_script(const char *folder, const char *name, char *path, size_t size);

/* Number of the first or the last CPU we may use. */
int env_first_cpu(void);
int env_last_cpu(void);

/* Writes a JSON document under a temporary name and renames it. */
int env_write(const json_t *env, const char *dir);

/* "2026-11-23T02:51:00+00:00"; returns text. */
char *env_date(char *text, size_t size);

#endif
