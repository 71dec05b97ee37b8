#include "bench.h"

#include <pthread.h>

#include "base/digest.h"
#include "base/mem.h"
#include "orchestrator/jobs/jobs.h"
#include "orchestrator/workbench.h"
#include "stage.h"
#include "test_db.h"
#include "test_service.h"

enum { BENCH_DRIVE_CYCLES = 60, BENCH_DRIVE_STEP_MS = 1000 };

struct bench {
    const struct config *config;
    struct policy policy;
    char id[UUID_TEXT_SIZE];
    struct workbench *workbench;
    struct job_cycle cycle; /* the present one, or the last */
    pthread_t thread;
    const struct job *job; /* of the thread */
    struct tally tally;
};

struct bench *
bench_new(const struct config *config)
{
    struct bench *bench = mem_zalloc(sizeof *bench);

    bench->config = config;
    bench->policy = policy_load(config);
    digest_uuid(bench->id);
    bench->workbench = workbench_new(config);
    return bench;
}

void
bench_free(struct bench *bench)
{
    workbench_free(bench->workbench);
    mem_free(bench);
}

const char *
bench_id(const struct bench *bench)
{
    return bench->id;
}

struct tally
bench_run(struct bench *bench, const struct job *job)
{
    CLEANUP_ARENA struct arena *arena = arena_new();

    bench->cycle = (struct job_cycle){ .job = job,
                                       .config = bench->config,
                                       .policy = &bench->policy,
                                       .orchestrator_id = bench->id,
                                       .workbench = bench->workbench,
                                       .db = workbench_db(bench->workbench),
                                       .arena = arena };
    struct error error = job->run(&bench->cycle);
    if (error_is(error)) {
        fprintf(stderr, "    %s: %s\n", job->name, error.message);
    }
    return (struct tally){ error.code, bench->cycle.claimed, bench->cycle.applied,
                           bench->cycle.stale, bench->cycle.calls };
}

static void *
bench_main(void *argument)
{
    struct bench *bench = argument;

    bench->tally = bench_run(bench, bench->job);
    return NULL;
}

void
bench_begin(struct bench *bench, const struct job *job)
{
    bench->job = job;
    if (pthread_create(&bench->thread, NULL, bench_main, bench) != 0) {
        test_give_up("no thread");
    }
}

struct tally
bench_end(struct bench *bench)
{
    pthread_join(bench->thread, NULL);
    return bench->tally;
}

void
bench_age_lease(struct bench *bench, int64_t by_ms)
{
    bench->cycle.lease_mono_ms -= by_ms;
}

bool
bench_drive(struct bench *bench, const char *instance_id, enum instance_state state)
{
    for (int i = 0; i < BENCH_DRIVE_CYCLES && !stage_is(instance_id, state); i++) {
        test_db_shift_clock(BENCH_DRIVE_STEP_MS);
        bench_run(bench, &job_provisioning);
        bench_run(bench, &job_terminator);
    }
    return stage_is(instance_id, state);
}
