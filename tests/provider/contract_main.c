/* Runs the contract suite for the provider in memory, and for the Scaleway driver against a local
 * cloud process: contract [PATH OF INVENTIV-MOCKCLOUD], else MOCKCLOUD_BIN. */
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/mem.h"
#include "check.h"
#include "contract.h"
#include "contract_cloud.h"
#include "memory_provider.h"

const struct contract_subject *contract_subject;
struct provider *contract_provider;
struct arena *contract_arena;

static void
contract_main_run(const struct contract_subject *subject, const char *cloud_url)
{
    printf("%s\n", subject->name);
    contract_subject = subject;
    contract_arena = arena_new();
    struct error error = provider_new(contract_arena, &subject->options, &contract_provider);
    CHECK_STR(error_is(error) ? error.message : "", "");
    if (!error_is(error)) {
        contract_check_refusals();
        contract_check_servers();
        contract_check_leftovers();
        if (cloud_url != NULL) {
            contract_check_faults(cloud_url);
        }
        provider_free(contract_provider);
    }
    arena_free(contract_arena);
}

static void
contract_main_memory_time(void)
{
    memory_provider_advance(100);
}

static void
contract_main_memory(void)
{
    struct contract_subject subject = {
        .name = "the provider in memory",
        .zone = "local",
        .instance_type = "L4-1-24G",
        .options = memory_provider_options(),
        .wrong_key = "wrong",
        .unreachable_url = "memory:nobody",
        .pass_time = contract_main_memory_time,
    };
    memory_provider_start();
    contract_main_run(&subject, NULL);
    memory_provider_stop();
}

static void
contract_main_scaleway(const char *url)
{
    struct contract_subject subject = {
        .name = "the Scaleway driver and the local cloud",
        .zone = "local",
        .instance_type = "L4-1-24G",
        .options = {
            .code = "mock",
            .driver = "scaleway",
            .api_url = url,
            .secret_key = CLOUD_SECRET_KEY,
            .project_id = CLOUD_PROJECT_ID,
            .call_timeout_ms = 10000,
            .connect_timeout_ms = 5000,
            .calls_at_once = 8,
            .reply_max = 1 << 20,
            .page_rows = 2,
            .pages_max = 100,
        },
        .wrong_key = CLOUD_PROJECT_ID,
        .unreachable_url = "http://127.0.0.1:1",
        .pass_time = contract_cloud_moment,
    };
    contract_main_run(&subject, url);
}

static void
test_local_cloud_starts(void)
{
    CHECK(false);
}

int
main(int argc, char **argv)
{
    const char *program = argc > 1 ? argv[1] : getenv("MOCKCLOUD_BIN");
    digest_start();
    contract_main_memory();
    struct contract_cloud *cloud = program == NULL ? NULL : contract_cloud_start(program);
    if (cloud == NULL) {
        check_run("the local cloud starts", test_local_cloud_starts);
    } else {
        contract_main_scaleway(contract_cloud_url(cloud));
    }
    contract_cloud_stop(cloud);
    return check_end();
}
