// The bar for the cluster on Kafka: what librdkafka alone carries, with the same design. A message is two records to
// random partitions, produced by a pool of idempotent producers and consumed partition by partition.
//
//   cc -O2 -o legs legs.c -lrdkafka -lpthread
//   legs BOOTSTRAP TOPIC PARTITIONS [--producers N] [--rate MESSAGES_PER_SECOND] [--window RECORDS] [--seconds S]
//        [--linger MS] [--bytes B]
//
// --rate 0 (the default): as fast as a window of records in flight allows. Latency counts from when a record was due to
// when it was consumed. The topic has to be there.
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { maxProducers = 64, buckets = 1 << 17, bucketMicros = 100 };

static int partitions, producers = 8, window = 10000, seconds = 10, bytes = 200;
static long rate;
static const char *linger = "0";
static atomic_long sent, reported, failed, consumed;
static atomic_int stopping;
static uint32_t histogram[buckets];
static int64_t maxMicros;

static int64_t nanos(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "legs: %s\n", what);
    exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char error[256];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) die(error);
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *bootstrap) {
    char error[256];
    set(conf, "bootstrap.servers", bootstrap);
    set(conf, "socket.nagle.disable", "true");
    rd_kafka_t *made = rd_kafka_new(type, conf, error, sizeof error);
    if (!made) die(error);
    return made;
}

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
    (void)rk, (void)opaque;
    atomic_fetch_add(message->err || message->offset < 0 ? &failed : &reported, 1);
}

static void *poll_reports(void *rk) {
    while (!atomic_load(&stopping)) rd_kafka_poll(rk, 50);
    return NULL;
}

static void took(const rd_kafka_message_t *message) {
    int64_t due;
    if (message->err || message->len < sizeof due) return;
    memcpy(&due, message->payload, sizeof due);
    int64_t micros = (nanos() - due) / 1000, bucket = micros / bucketMicros;
    histogram[bucket < buckets ? bucket : buckets - 1]++;
    if (micros > maxMicros) maxMicros = micros;
    atomic_fetch_add(&consumed, 1);
}

// Waits for one message, then takes what is there: a batch call would wait for a full batch.
static void *consume(void *queue) {
    rd_kafka_message_t *batch[1000];
    while (!atomic_load(&stopping)) {
        rd_kafka_message_t *first = rd_kafka_consume_queue(queue, 50);
        if (!first) continue;
        took(first);
        rd_kafka_message_destroy(first);
        ssize_t count = rd_kafka_consume_batch_queue(queue, 0, batch, 1000);
        for (ssize_t i = 0; i < count; i++) {
            took(batch[i]);
            rd_kafka_message_destroy(batch[i]);
        }
    }
    return NULL;
}

static double percentile(double part) {
    long all = 0, seen = 0;
    for (int i = 0; i < buckets; i++) all += histogram[i];
    for (int i = 0; i < buckets; i++)
        if ((seen += histogram[i]) >= part * all) return (i + 1) * bucketMicros / 1000.0;
    return 0;
}

static void options(int count, char **words) {
    for (int i = 4; i + 1 < count; i += 2) {
        const char *name = words[i], *value = words[i + 1];
        if (!strcmp(name, "--producers")) producers = atoi(value);
        else if (!strcmp(name, "--rate")) rate = atol(value);
        else if (!strcmp(name, "--window")) window = atoi(value);
        else if (!strcmp(name, "--seconds")) seconds = atoi(value);
        else if (!strcmp(name, "--linger")) linger = value;
        else if (!strcmp(name, "--bytes")) bytes = atoi(value);
        else die("unknown option");
    }
    if (partitions < 1 || producers < 1 || producers > maxProducers || seconds < 1 || bytes < 8) die("bad numbers");
}

int main(int count, char **words) {
    if (count < 4) die("legs BOOTSTRAP TOPIC PARTITIONS [OPTIONS]; see the top of legs.c");
    partitions = atoi(words[3]);
    options(count, words);

    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "fetch.wait.max.ms", "50");
    set(conf, "auto.offset.reset", "error");
    rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, conf, words[1]);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, words[2], NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer);
    for (int i = 0; i < partitions; i++) {
        int64_t low, high;
        int tries = 100;  // A topic that was just made is not known everywhere at once.
        while (rd_kafka_query_watermark_offsets(consumer, words[2], i, &low, &high, 10000)) {
            if (--tries == 0) die("no such partition");
            usleep(100000);
        }
        rd_kafka_consume_start_queue(topic, i, high, queue);
    }

    rd_kafka_t *pool[maxProducers];
    rd_kafka_topic_t *topics[maxProducers];
    pthread_t pollers[maxProducers], reader;
    for (int i = 0; i < producers; i++) {
        conf = rd_kafka_conf_new();
        set(conf, "enable.idempotence", "true");
        set(conf, "linger.ms", linger);
        set(conf, "queue.buffering.max.messages", "1000000");
        rd_kafka_conf_set_dr_msg_cb(conf, delivered);
        pool[i] = client(RD_KAFKA_PRODUCER, conf, words[1]);
        topics[i] = rd_kafka_topic_new(pool[i], words[2], NULL);
        const struct rd_kafka_metadata *metadata;
        if (rd_kafka_metadata(pool[i], 0, topics[i], &metadata, 10000)) die("no metadata");
        rd_kafka_metadata_destroy(metadata);
        pthread_create(&pollers[i], NULL, poll_reports, pool[i]);
    }
    pthread_create(&reader, NULL, consume, queue);

    char *payload = calloc(1, bytes);
    int64_t start = nanos(), end = start + seconds * 1000000000LL;
    unsigned seed = 1;
    for (long n = 0;; n++) {
        int64_t now = nanos(), due = rate ? start + n / 2 * (1000000000LL / rate) : now;
        if (now >= end) break;
        while (rate ? nanos() < due : atomic_load(&sent) - atomic_load(&reported) - atomic_load(&failed) >= window)
            usleep(100);
        int partition = rand_r(&seed) % partitions, owner = partition % producers;
        if (!rate) due = nanos();
        memcpy(payload, &due, sizeof due);
        if (rd_kafka_produce(topics[owner], partition, RD_KAFKA_MSG_F_COPY, payload, bytes, NULL, 0, NULL))
            atomic_fetch_add(&failed, 1);
        atomic_fetch_add(&sent, 1);
    }
    for (int i = 0; i < 100 && atomic_load(&consumed) + atomic_load(&failed) < atomic_load(&sent); i++) usleep(100000);

    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("records %ld consumed %ld failed %ld  %.0f records/s  ms p50 %.1f p90 %.1f p99 %.1f max %.1f  cpu %.0f us/record\n",
           sent, consumed, failed, (double)consumed / seconds, percentile(.5), percentile(.9), percentile(.99),
           maxMicros / 1000.0, consumed ? cpu * 1e6 / consumed : 0);

    atomic_store(&stopping, 1);
    pthread_join(reader, NULL);
    for (int i = 0; i < partitions; i++) rd_kafka_consume_stop(topic, i);
    for (int i = 0; i < producers; i++) {
        pthread_join(pollers[i], NULL);
        rd_kafka_flush(pool[i], 1000);
        rd_kafka_topic_destroy(topics[i]);
        rd_kafka_destroy(pool[i]);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(consumer);
    return sent == consumed ? 0 : 1;
}
