/* test_placement.c: threads and the devices they feed, on modelled and synthetic machines; and binding, on the
 * machine that runs the test. */
#include "topology/machines.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

/* ---- what holds for every placement ---- */

static void check_rules(const struct fc_topology *topology, int requested)
{
    const struct fc_machine *machine = fc_topology_machine(topology);
    struct fc_placement placement = decide(topology, requested);
    int *on_core = calloc((size_t)machine->cores, sizeof *on_core);
    int *on_pu = calloc((size_t)machine->pus, sizeof *on_pu);
    int usable_cores = 0, most = 0;
    assert_non_null(on_core);
    assert_non_null(on_pu);
    for (int i = 0; i < machine->cores; i++)
        usable_cores += machine->core[i].allowed_pus > 0;
    int limit = machine->limits.allowed_pus;
    if (machine->limits.quota_threads > 0 && machine->limits.quota_threads < limit)
        limit = machine->limits.quota_threads;
    int wanted = requested > 0 ? requested : usable_cores;
    assert_int_equal(placement.threads, wanted < limit ? wanted : limit);
    for (int t = 0; t < placement.threads; t++) {
        const struct fc_thread_place *place = &placement.thread[t];
        assert_in_range(place->core, 0, machine->cores - 1);
        assert_in_range(place->pu, 0, machine->pus - 1);
        assert_int_equal(machine->pu[place->pu].core, place->core);
        assert_true(machine->pu[place->pu].is_allowed);
        assert_int_equal(++on_pu[place->pu], 1);
        if (++on_core[place->core] > most)
            most = on_core[place->core];
        if (most > 1) /* a second thread on a core only after every core has one */
            assert_true(t >= usable_cores);
        if (place->numa >= 0) {
            assert_false(machine->numa_node[place->numa].is_gpu_memory);
            assert_true(machine->numa_node[place->numa].is_host_memory);
            assert_true(machine->numa_node[place->numa].is_allowed);
        }
    }
    for (int i = 0; i < placement.devices; i++) {
        const struct fc_device_place *place = &placement.device[i];
        if (!place->works) {
            assert_true(place->why[0] != '\0');
            continue;
        }
        assert_in_range(place->thread, 0, placement.threads - 1);
    }
    free(on_core);
    free(on_pu);
    fc_placement_free(&placement);
}

static void check_many(const struct fc_topology *topology)
{
    int pus = fc_topology_machine(topology)->pus;
    int requests[] = {0, 1, 2, 3, 5, 8, pus / 2, pus / 2 + 1, pus, pus + 1, 100000};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        check_rules(topology, requests[i]);
}

static void every_placement_keeps_the_rules(void **state)
{
    static const char *const xml[] = {"laptop", "dgx_h100", "gb200_tray", "container", "flat", "nothing"};
    static const char *const synthetic[] = {
        two_sockets,
        "numa:1 pu:1",
        "numa:1 pu:3",
        "numa:1 core:1 pu:8",
        "package:1 numa:1 core:3 pu:1",
        "numa:4 core:2 pu:2",
        "package:2 numa:4 l3:2 core:3 pu:4",
    };
    (void)state;
    for (size_t i = 0; i < sizeof xml / sizeof *xml; i++) {
        struct fc_topology *topology = load_xml(xml[i]);
        check_many(topology);
        attach_dgx(topology);
        check_many(topology);
        attach_tray(topology);
        check_many(topology);
        fc_topology_free(topology);
    }
    for (size_t i = 0; i < sizeof synthetic / sizeof *synthetic; i++) {
        struct fc_topology *topology = load_synthetic(synthetic[i]);
        check_many(topology);
        fc_topology_free(topology);
    }
    struct fc_topology *container = load_container();
    check_many(container);
    fc_topology_free(container);
    struct fc_topology *here = load((struct fc_topology_source){0});
    check_many(here);
    fc_topology_free(here);
}

static void threads_spread_over_numa_and_caches(void **state)
{
    struct fc_topology *topology = load_synthetic(two_sockets);
    const struct fc_machine *machine = fc_topology_machine(topology);
    struct fc_placement placement = decide(topology, 16);
    int on_numa[2] = {0}, on_cache[256] = {0};
    (void)state;
    assert_int_equal(machine->numa_nodes, 2);
    assert_int_equal(placement.threads, 16);
    for (int t = 0; t < 16; t++) {
        on_numa[placement.thread[t].numa]++;
        fc_index cache = machine->core[placement.thread[t].core].last_cache;
        assert_int_equal(machine->cache[cache].level, 3);
        assert_int_equal(++on_cache[cache], 1); /* 16 caches, 16 threads */
    }
    assert_int_equal(on_numa[0], 8);
    assert_int_equal(on_numa[1], 8);
    fc_placement_free(&placement);
    fc_topology_free(topology);
}

static void performance_cores_come_first(void **state)
{
    struct fc_topology *topology = load_xml("laptop");
    const struct fc_machine *machine = fc_topology_machine(topology);
    (void)state;
    assert_int_equal(machine->cpu_kinds, 2);
    assert_string_equal(machine->cpu_kind[1].name, "performance");
    assert_int_equal(machine->cpu_kind[1].cores, 4);
    assert_int_equal(machine->cpu_kind[0].cores, 8);
    for (int threads = 1; threads <= 12; threads++) {
        struct fc_placement placement = decide(topology, threads);
        int fast = 0;
        for (int t = 0; t < placement.threads; t++)
            fast += machine->core[placement.thread[t].core].kind == 1;
        assert_int_equal(fast, threads < 4 ? threads : 4);
        fc_placement_free(&placement);
    }
    fc_topology_free(topology);
}

static void too_many_threads_are_refused_with_a_line(void **state)
{
    struct fc_topology *topology = load_synthetic("package:1 numa:1 core:2 pu:2");
    struct fc_placement placement = decide(topology, 9);
    char why[200] = "";
    (void)state;
    assert_int_equal(placement.threads, 4);
    assert_true(says(&placement, "9 threads were asked for, 4 hardware threads are allowed"));
    assert_true(says(&placement, "4 threads share 2 cores"));
    fc_placement_free(&placement);
    assert_int_equal(fc_placement_decide(topology, -1, &placement, why, sizeof why), FC_TOPOLOGY_BAD_VALUE);
    assert_non_null(strstr(why, "-1 threads"));
    fc_topology_free(topology);
}

/* ---- GPU memory ---- */

/* Replaces every `from` in `text` by `to`, which is as long. */
static void replace(char *text, const char *from, const char *to)
{
    int replaced = 0;
    assert_int_equal(strlen(from), strlen(to));
    for (char *at = text; (at = strstr(at, from)); at += strlen(to), replaced++)
        memcpy(at, to, strlen(to));
    assert_true(replaced > 0);
}

/* Loads a machine from XML text and frees the text. */
static struct fc_topology *load_xml_text(char *text)
{
    char path[] = "/tmp/fc_machine_XXXXXX";
    int number = mkstemp(path);
    assert_true(number >= 0);
    assert_int_equal(close(number), 0);
    write_file(path, text);
    free(text);
    struct fc_topology *topology = load((struct fc_topology_source){.xml_path = path});
    assert_int_equal(unlink(path), 0);
    return topology;
}

static void gpu_memory_is_never_host_memory(void **state)
{
    struct fc_topology *topology = load_xml("gb200_tray");
    const struct fc_machine *machine = fc_topology_machine(topology);
    int gpu_nodes = 0;
    (void)state;
    for (int i = 0; i < machine->numa_nodes; i++) {
        gpu_nodes += machine->numa_node[i].is_gpu_memory;
        assert_int_equal(machine->numa_node[i].is_gpu_memory, !machine->numa_node[i].is_host_memory);
    }
    assert_int_equal(gpu_nodes, 4);
    for (int i = 0; i < machine->gpus; i++) {
        assert_int_equal(machine->numa_node[machine->gpu[i].numa].os_index, i / 2);
        assert_int_equal(machine->numa_node[machine->gpu[i].memory_numa].os_index, 2 + 8 * i);
    }
    fc_topology_free(topology);
}

static void barred_host_memory_is_not_replaced_by_gpu_memory(void **state)
{
    char path[PATH_MAX];
    char *text = read_file(in_tests("machines/gb200_tray.xml", path));
    (void)state;
    replace(text, "allowed_nodeset=\"0x04040407\"", "allowed_nodeset=\"0x04040404\"");
    struct fc_topology *topology = load_xml_text(text);
    attach_tray(topology);
    struct fc_placement placement = decide(topology, 0);
    assert_int_equal(placement.threads, 144);
    for (int t = 0; t < placement.threads; t++)
        assert_int_equal(placement.thread[t].numa, -1);
    fc_placement_free(&placement);
    fc_topology_free(topology);
}

/* A driver or an hwloc may mark these nodes by one sign, by the other, or by none. In the last case the
 * ordinary memory is still known by its number, the lowest near a core. */
static void poorly_marked_gpu_memory_is_not_chosen(void **state)
{
    (void)state;
    for (int signs = 0; signs < 3; signs++) {
        char path[PATH_MAX];
        char *text = read_file(in_tests("machines/gb200_tray.xml", path));
        if (signs != 1)
            replace(text, "PCIBusID", "Nothing!");
        if (signs != 2)
            replace(text, "GPUMemory", "Something");
        struct fc_topology *topology = load_xml_text(text);
        const struct fc_machine *machine = fc_topology_machine(topology);
        attach_tray(topology);
        struct fc_placement placement = decide(topology, 0);
        for (int t = 0; t < placement.threads; t++)
            assert_int_equal(machine->numa_node[placement.thread[t].numa].os_index,
                             machine->core[placement.thread[t].core].package);
        for (int i = 0; i < placement.devices; i++)
            assert_int_equal(machine->numa_node[placement.thread[placement.device[i].thread].numa].os_index,
                             i / 2);
        for (int i = 0; signs > 0 && i < machine->numa_nodes; i++)
            assert_int_equal(machine->numa_node[i].is_gpu_memory, machine->numa_node[i].os_index > 1);
        fc_placement_free(&placement);
        fc_topology_free(topology);
    }
}

/* ---- devices ---- */
static void each_device_has_a_thread(void **state)
{
    struct fc_topology *topology = load_synthetic("package:1 numa:1 core:2 pu:1");
    struct fc_device_report report[] = {gpu_report(FC_DEVICE_CUDA, "A", "0000:01:00.0"),
                                        gpu_report(FC_DEVICE_CUDA, "B", "0000:02:00.0"), pocl};
    (void)state;
    assert_int_equal(fc_topology_attach(topology, report, 3), 0);
    struct fc_placement placement = decide(topology, 2); /* both threads feed a GPU */
    assert_false(placement.device[2].works);
    assert_int_not_equal(placement.device[0].thread, placement.device[1].thread);
    fc_placement_free(&placement);
    placement = decide(topology, 1);
    assert_int_equal(placement.device[0].thread, 0);
    assert_int_equal(placement.device[1].thread, 0);
    assert_true(says(&placement, "more working devices than threads"));
    fc_placement_free(&placement);
    fc_topology_free(topology);
}

/* ---- binding on this very machine ---- */

struct bound_thread {
    const struct fc_topology *topology;
    const struct fc_placement *placement;
    int thread;
    int code;
    cpu_set_t before, after;
    int ran_on[200];
};

static void *bind_and_look(void *argument)
{
    struct bound_thread *my = argument;
    volatile unsigned work = 0;
    (void)pthread_getaffinity_np(pthread_self(), sizeof my->before, &my->before);
    my->code = fc_placement_bind_thread(my->topology, my->placement, my->thread, NULL, 0);
    (void)pthread_getaffinity_np(pthread_self(), sizeof my->after, &my->after);
    for (int i = 0; i < 200; i++) {
        for (int k = 0; k < 1000; k++)
            work = work + 1;
        my->ran_on[i] = sched_getcpu();
    }
    return NULL;
}

static struct bound_thread run_bound(const struct fc_topology *topology, const struct fc_placement *placement,
                                     int thread)
{
    struct bound_thread result = {.topology = topology, .placement = placement, .thread = thread};
    pthread_t id;
    assert_int_equal(pthread_create(&id, NULL, bind_and_look, &result), 0);
    assert_int_equal(pthread_join(id, NULL), 0);
    return result;
}

static void threads_are_really_bound(void **state)
{
    struct fc_topology *here = load((struct fc_topology_source){0});
    const struct fc_machine *machine = fc_topology_machine(here);
    (void)state;
    if (!machine->is_this_system || machine->hwloc_sees_nothing || machine->limits.allowed_pus < 2) {
        fc_topology_free(here);
        skip(); /* with one hardware thread, being bound and not being bound look alike */
    }
    struct fc_placement placement = decide(here, machine->limits.allowed_pus);
    for (int t = 0; t < placement.threads; t++) {
        unsigned pu = machine->pu[placement.thread[t].pu].os_index;
        struct bound_thread result = run_bound(here, &placement, t);
        assert_int_equal(result.code, 0);
        assert_true(CPU_COUNT(&result.before) > 1);
        assert_int_equal(CPU_COUNT(&result.after), 1);
        assert_true(CPU_ISSET(pu, &result.after));
        for (int i = 0; i < 200; i++)
            assert_int_equal(result.ran_on[i], pu);
    }
    /* Negative control: the same call for a described machine of the same size leaves the thread free. */
    char description[64];
    (void)snprintf(description, sizeof description, "package:1 numa:1 core:%d pu:1", machine->pus);
    struct fc_topology *described = load_synthetic(description);
    struct fc_placement elsewhere = decide(described, 0);
    struct bound_thread result = run_bound(described, &elsewhere, 0);
    assert_int_equal(result.code, 0);
    assert_true(CPU_EQUAL(&result.before, &result.after));
    assert_true(CPU_COUNT(&result.after) > 1);
    char why[200] = "";
    assert_int_equal(fc_placement_bind_thread(here, &placement, placement.threads, why, sizeof why),
                     FC_TOPOLOGY_BAD_VALUE);
    assert_non_null(strstr(why, "there is no thread"));
    fc_placement_free(&elsewhere);
    fc_placement_free(&placement);
    fc_topology_free(described);
    fc_topology_free(here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_placement_keeps_the_rules),
        cmocka_unit_test(threads_spread_over_numa_and_caches),
        cmocka_unit_test(performance_cores_come_first),
        cmocka_unit_test(too_many_threads_are_refused_with_a_line),
        cmocka_unit_test(gpu_memory_is_never_host_memory),
        cmocka_unit_test(barred_host_memory_is_not_replaced_by_gpu_memory),
        cmocka_unit_test(poorly_marked_gpu_memory_is_not_chosen),
        cmocka_unit_test(each_device_has_a_thread),
        cmocka_unit_test(threads_are_really_bound),
    };
    forget_named_machines();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
