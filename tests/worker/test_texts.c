/* Texts of others: the engine's metrics, /proc, URLs. */
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "worker/engine_figures.h"
#include "worker/engine_probe.h"
#include "worker/host_text.h"
#include "worker/plane_address.h"

static void
test_engine_figures(void)
{
    static const struct {
        const char *name;
        const char *text;
        double waiting, running, prompt, generation;
    } cases[] = {
        { "nothing", "", -1, -1, -1, -1 },
        { "colon", "vllm:num_requests_waiting 3\nvllm:num_requests_running 2.0\n", 3, 2, -1, -1 },
        { "underscore", "vllm_requests_waiting 3\nvllm_requests_running 2", 3, 2, -1, -1 },
        { "labels", "vllm:num_requests_waiting{model_name=\"a b\"} 7.0\n", 7, -1, -1, -1 },
        { "brace in a label", "vllm:num_requests_waiting{m=\"x} 1\\\"}\"} 7\n", 7, -1, -1, -1 },
        { "sum over labels",
          "vllm:num_requests_running{e=\"0\"} 1\nvllm:num_requests_running{e=\"1\"} 2\n", -1, 3, -1,
          -1 },
        { "tokens", "vllm:prompt_tokens_total 1e3\nvllm:generation_tokens_total 20 1700000000\n",
          -1, -1, 1000, 20 },
        { "comments", "# HELP vllm:num_requests_waiting 9\n#vllm:num_requests_waiting 9\n", -1, -1,
          -1, -1 },
        { "longer name", "vllm:num_requests_waiting_max 9\nxvllm:requests_waiting 9\n", -1, -1, -1,
          -1 },
        { "no number", "vllm:num_requests_waiting x\nvllm:num_requests_running\n", -1, -1, -1, -1 },
        { "not finite", "vllm:num_requests_waiting NaN\nvllm:num_requests_running +Inf\n", -1, -1,
          -1, -1 },
        { "below zero", "vllm:num_requests_waiting -4\n", -1, -1, -1, -1 },
        { "open label", "vllm:num_requests_waiting{m=\"x 3\n", -1, -1, -1, -1 },
        { "carriage return", "vllm:num_requests_waiting 3\r\n", 3, -1, -1, -1 },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct engine_figures got = engine_figures_read(cases[i].text, strlen(cases[i].text));
        CHECK_CASE(got.requests_waiting == cases[i].waiting, cases[i].name);
        CHECK_CASE(got.requests_running == cases[i].running, cases[i].name);
        CHECK_CASE(got.prompt_tokens_total == cases[i].prompt, cases[i].name);
        CHECK_CASE(got.generation_tokens_total == cases[i].generation, cases[i].name);
    }
}

static void
test_engine_queue(void)
{
    struct engine_figures none = ENGINE_FIGURES_NONE;
    struct engine_figures part = { 2.9, -1, -1, -1 };
    struct engine_figures huge = { 1e300, -1, -1, -1 };

    CHECK_I64(engine_figures_queue(&none), -1);
    CHECK(!engine_figures_known(&none));
    CHECK_I64(engine_figures_queue(&part), 2);
    CHECK(engine_figures_known(&part));
    CHECK(engine_figures_queue(&huge) > 0);
}

static void
test_models(void)
{
    static const struct {
        const char *reply;
        const char *model;
        bool listed;
    } cases[] = {
        { "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}]}", "b", true },
        { "{\"data\":[{\"id\":\"a\"}]}", "b", false },
        { "{\"data\":[{\"id\":\"a\"}]}", "", true },
        { "{\"data\":[]}", "", true },
        { "{\"data\":[]}", "a", false },
        { "{\"data\":{\"id\":\"a\"}}", "a", false },
        { "{\"data\":[\"a\",5,null,{\"id\":7}]}", "a", false },
        { "[]", "", false },
        { "{\"data\":", "a", false },
        { "", "", false },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        CLEANUP_ARENA struct arena *arena = arena_new();
        bool got =
            engine_probe_lists(arena, cases[i].reply, strlen(cases[i].reply), cases[i].model);
        CHECK_CASE(got == cases[i].listed, cases[i].reply);
    }
}

static void
test_load_and_memory(void)
{
    double load[3];
    int64_t total, available;

    CHECK(host_text_load("0.52 1.25 3.00 2/345 6789\n", load));
    CHECK(load[0] == 0.52 && load[1] == 1.25 && load[2] == 3.0);
    CHECK(!host_text_load("0.52", load));
    CHECK(host_text_memory("MemTotal: 100 kB\nMemFree: 1 kB\nMemAvailable:  40 kB\n", &total,
                           &available));
    CHECK_I64(total, 102400);
    CHECK_I64(available, 40960);
    CHECK(host_text_memory("MemTotal: 1 kB\nMemAvailable: 9 kB\n", &total, &available));
    CHECK_I64(available, total);
    CHECK(!host_text_memory("MemTotal: 100 kB\n", &total, &available));
    CHECK(!host_text_memory("", &total, &available));
}

static void
test_cpu_and_network(void)
{
    static const char *const net =
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
        "    lo: 900 1 0 0 0 0 0 0 900 1 0 0 0 0 0 0\n"
        "  eth0: 100 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0\n"
        "eth1:7 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0\n";
    int64_t busy, all, received, sent;

    CHECK(host_text_cpu("cpu  10 1 5 80 4 2 3 1 0 0\ncpu0 1 1 1 1\n", &busy, &all));
    CHECK_I64(busy, 22);
    CHECK_I64(all, 106);
    CHECK(!host_text_cpu("cpu0 1 2 3 4 5\n", &busy, &all));
    CHECK(!host_text_cpu("", &busy, &all));
    CHECK(host_text_network(net, &received, &sent));
    CHECK_I64(received, 107);
    CHECK_I64(sent, 208);
    CHECK(!host_text_network("", &received, &sent));
}

static void
test_process(void)
{
    int64_t group, session, start_time;
    char state;

    CHECK(host_text_process("42 (a) b (c)) S 1 42 43 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 98765 "
                            "1000 1\n",
                            &group, &session, &start_time, &state));
    CHECK_I64(group, 42);
    CHECK_I64(session, 43);
    CHECK_I64(start_time, 98765);
    CHECK(state == 'S');
    CHECK(!host_text_process("42 (cut) S 1 42", &group, &session, &start_time, &state));
    CHECK(!host_text_process("", &group, &session, &start_time, &state));
}

static void
test_address(void)
{
    static const struct {
        const char *url, *host, *port;
    } cases[] = {
        { "http://a.example:8003", "a.example", "8003" },
        { "https://a.example/x:1", "a.example", "443" },
        { "http://a.example", "a.example", "80" },
        { "http://[::1]:80/x", "::1", "80" },
        { "http://[::1]", "::1", "80" },
        { "https://u:p@a.example?q", "a.example", "443" },
        { "http://", NULL, NULL },
        { "", NULL, NULL },
        { "http://[::1/x]", NULL, NULL },
        { "http://a.example:123456789", NULL, NULL },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char host[32] = "", port[8] = "";
        bool got = plane_address_split(cases[i].url, host, sizeof host, port, sizeof port);
        CHECK_CASE(got == (cases[i].host != NULL), cases[i].url);
        if (cases[i].host != NULL) {
            CHECK_STR(host, cases[i].host);
            CHECK_STR(port, cases[i].port);
        }
    }
}

int
main(void)
{
    check_run("an engine's figures are read from any text", test_engine_figures);
    check_run("the queue is whole, and -1 where not told", test_engine_queue);
    check_run("a model counts as served only when it is listed", test_models);
    check_run("load and memory are read as /proc tells them", test_load_and_memory);
    check_run("CPU and network are read as /proc tells them", test_cpu_and_network);
    check_run("a process with any name is read as /proc tells it", test_process);
    check_run("a URL's host and port are found", test_address);
    return check_end();
}
