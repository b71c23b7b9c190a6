/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.benchmarks;

import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.TaskDescriptor;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.client.EventCodec;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.StoredEvent;
import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The outbox in the database beside plain JDBC and a bare db-scheduler, on the same
 * PostgreSQL and with the same publisher.
 */
final class OutboxBenchmark {

	private static final int BOOKING_THREADS = 16;

	private static final int CONCURRENCY = 50;

	private static final TaskDescriptor<byte[]> TASK = TaskDescriptor.of("event", byte[].class);

	private final JdbcTemplate jdbc;

	private final TransactionTemplate transactions;

	private final EventOutbox outbox;

	private final EventOutboxOperations operations;

	private final EventPublisher publisher;

	private final Deliveries deliveries;

	private final HikariDataSource dataSource;

	private final AtomicLong numbers = new AtomicLong();

	private OutboxBenchmark(ConfigurableApplicationContext context) {
		this.jdbc = context.getBean(JdbcTemplate.class);
		this.transactions = context.getBean(TransactionTemplate.class);
		this.outbox = context.getBean(EventOutbox.class);
		this.operations = context.getBean(EventOutboxOperations.class);
		this.publisher = context.getBean(EventPublisher.class);
		this.deliveries = context.getBean(Deliveries.class);
		this.dataSource = context.getBean(HikariDataSource.class);
	}

	static void run(String jdbcUrl, String user, String password, int rounds, int millis, int drained,
			List<Integer> backlogs) throws Exception {
		try (Child server = Child.start(Server.class)) {
			String baseUrl = "http://127.0.0.1:" + server.readLine() + "/plain";
			try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
				.web(WebApplicationType.NONE)
				.properties("spring.main.banner-mode=off", "logging.level.root=warn", "hopper.base-url=" + baseUrl,
						"hopper.auth.token=benchmark-token", "hopper.outbox.type=jdbc",
						"hopper.outbox.jdbc.initialize-schema=always", "hopper.outbox.concurrency=" + CONCURRENCY,
						"spring.datasource.url=" + jdbcUrl, "spring.datasource.username=" + user,
						"spring.datasource.password=" + password, "spring.datasource.hikari.maximum-pool-size=40")
				.run()) {
				OutboxBenchmark benchmark = new OutboxBenchmark(context);
				benchmark.prepare();
				benchmark.store(rounds, millis);
				benchmark.drain(rounds, drained);
				benchmark.latency();
				benchmark.backlog(backlogs);
			}
		}
	}

	private void prepare() {
		this.jdbc.execute("drop table if exists bookings, raw_outbox, bare_scheduler");
		this.jdbc.execute("truncate hopper_event_outbox");
		this.jdbc.execute("create table bookings (number bigint primary key, reference text not null)");
		this.jdbc.execute("create table raw_outbox (id uuid primary key, session_id text, body bytea not null, "
				+ "stored_at timestamptz not null)");
		this.jdbc.execute("create index on raw_outbox (stored_at)");
		this.jdbc.execute("create table bare_scheduler (like hopper_event_outbox including all)");
		System.out.printf(
				"%nPostgreSQL %s, fsync %s, synchronous_commit %s, %d booking threads, %d deliveries at a time%n",
				setting("server_version"), setting("fsync"), setting("synchronous_commit"), BOOKING_THREADS,
				CONCURRENCY);
	}

	private String setting(String name) {
		return String.valueOf(this.jdbc.queryForObject("show " + name, String.class));
	}

	private static BookingConfirmed event(long number) {
		return BookingConfirmed.occurredAt(Instant.now())
			.withCfarContractId("contract-" + number)
			.withDgContractId("2fd8b5bc-77d6-7e1b-8d3a-2e3c4d5e6f70")
			.withCfarOfferIds(List.of("cfar-offer-1", "cfar-offer-2"))
			.withBookingReference("cfar", "ABC123");
	}

	// Storing

	private void store(int rounds, int millis) throws InterruptedException {
		this.operations.pause("benchmark");
		EventCodec codec = new EventCodec(false);
		Scheduler bare = bareScheduler(null);
		Map<String, LongConsumer> ways = new LinkedHashMap<>();
		ways.put("booking alone, no event", (number) -> {
		});
		ways.put("one more `insert` with plain JDBC", (number) -> insertRaw(codec, number));
		ways.put("bare db-scheduler", (number) -> scheduleBare(bare, codec, number));
		ways.put("**`EventOutbox.store`**", (number) -> this.outbox.store("session-" + number, event(number)));
		Map<String, List<Double>> rates = new LinkedHashMap<>();
		for (int round = -1; round < rounds; round++) {
			for (Map.Entry<String, LongConsumer> way : ways.entrySet()) {
				double rate = book(way.getValue(), millis);
				if (round >= 0) {
					rates.computeIfAbsent(way.getKey(), (name) -> new ArrayList<>()).add(rate);
				}
			}
			clear();
		}
		print("Bookings per second, one transaction with one booking each", "what is stored with the booking", rates,
				"one more `insert` with plain JDBC");
		this.operations.resume();
	}

	private double book(LongConsumer store, int millis) throws InterruptedException {
		LongAdder booked = new LongAdder();
		long start = System.nanoTime();
		long end = start + TimeUnit.MILLISECONDS.toNanos(millis);
		concurrently(BOOKING_THREADS, () -> {
			while (System.nanoTime() < end) {
				long number = this.numbers.incrementAndGet();
				book(number, store);
				booked.increment();
			}
		});
		return booked.sum() / ((System.nanoTime() - start) / 1e9);
	}

	private void book(long number, LongConsumer store) {
		this.transactions.executeWithoutResult((status) -> {
			this.jdbc.update("insert into bookings (number, reference) values (?, ?)", number, "ABC123");
			store.accept(number);
		});
	}

	private void insertRaw(EventCodec codec, long number) {
		this.jdbc.update("insert into raw_outbox (id, session_id, body, stored_at) values (?, ?, ?, ?)",
				UUID.randomUUID(), "session-" + number, codec.encode("session-" + number, event(number)),
				Timestamp.from(Instant.now()));
	}

	private static void scheduleBare(SchedulerClient client, EventCodec codec, long number) {
		client.scheduleBatch(List.of(TASK.instance(UUID.randomUUID().toString())
			.data(codec.encode("session-" + number, event(number)))
			.scheduledTo(Instant.now())));
	}

	// Draining

	private void drain(int rounds, int events) throws InterruptedException {
		EventCodec codec = new EventCodec(false);
		Map<String, List<Double>> rates = new LinkedHashMap<>();
		for (int round = -1; round < rounds; round++) {
			Map<String, Double> once = new LinkedHashMap<>();
			once.put("plain JDBC, 100 rows at a time, `for update skip locked`", drainRaw(codec, events));
			once.put("bare db-scheduler", drainBare(codec, events));
			once.put("**the outbox**", drainOutbox(events));
			if (round >= 0) {
				once.forEach((name, rate) -> rates.computeIfAbsent(name, (key) -> new ArrayList<>()).add(rate));
			}
			clear();
		}
		print("Stored events delivered per second, %,d of them".formatted(events), "what delivers", rates,
				"bare db-scheduler");
	}

	private double drainRaw(EventCodec codec, int events) throws InterruptedException {
		for (int i = 0; i < events; i += 1000) {
			this.transactions.executeWithoutResult((status) -> {
				for (int j = 0; j < 1000; j++) {
					insertRaw(codec, this.numbers.incrementAndGet());
				}
			});
		}
		vacuum("raw_outbox");
		long start = System.nanoTime();
		concurrently(2, () -> {
			boolean more = true;
			while (more) {
				more = Boolean.TRUE.equals(this.transactions.execute((status) -> drainRawBatch()));
			}
		});
		return rate(events, start);
	}

	private boolean drainRawBatch() {
		List<Raw> rows = this.jdbc.query(
				"select id, session_id, body from raw_outbox order by stored_at limit 100 " + "for update skip locked",
				(resultSet, row) -> new Raw(resultSet.getObject(1, UUID.class), resultSet.getString(2),
						EventCodec.decode(resultSet.getBytes(3))));
		Flux.fromIterable(rows)
			.flatMap((row) -> this.publisher.publish(row.sessionId(), row.event()), CONCURRENCY / 2)
			.blockLast();
		if (!rows.isEmpty()) {
			this.jdbc.update("delete from raw_outbox where id = any(?)",
					(Object) rows.stream().map(Raw::id).toArray(UUID[]::new));
		}
		return !rows.isEmpty();
	}

	private double drainBare(EventCodec codec, int events) throws InterruptedException {
		CountDownLatch delivered = new CountDownLatch(events);
		Scheduler bare = bareScheduler(delivered);
		for (int i = 0; i < events; i += 1000) {
			this.transactions.executeWithoutResult((status) -> {
				for (int j = 0; j < 1000; j++) {
					scheduleBare(bare, codec, this.numbers.incrementAndGet());
				}
			});
		}
		vacuum("bare_scheduler");
		long start = System.nanoTime();
		bare.start();
		delivered.await();
		double rate = rate(events, start);
		bare.stop();
		return rate;
	}

	private Scheduler bareScheduler(@Nullable CountDownLatch delivered) {
		OneTimeTask<byte[]> task = Tasks.oneTime(TASK).execute((instance, context) -> {
			EventReceipt receipt = this.publisher.publish("session-bare", EventCodec.decode(instance.getData()))
				.block();
			if (receipt != null && delivered != null) {
				delivered.countDown();
			}
		});
		// With the settings of the outbox
		return Scheduler.create(new TransactionAwareDataSourceProxy(this.dataSource), task)
			.tableName("bare_scheduler")
			.threads(CONCURRENCY)
			.pollUsingLockAndFetch(0.5, 1.0)
			.pollingInterval(Duration.ofSeconds(1))
			.commitWhenAutocommitDisabled(false)
			.serializer(new Bytes())
			.build();
	}

	private double drainOutbox(int events) throws InterruptedException {
		this.operations.pause("benchmark");
		for (int i = 0; i < events; i += 1000) {
			this.transactions.executeWithoutResult((status) -> {
				for (int j = 0; j < 1000; j++) {
					long number = this.numbers.incrementAndGet();
					this.outbox.store("session-" + number, event(number));
				}
			});
		}
		vacuum("hopper_event_outbox");
		CountDownLatch delivered = this.deliveries.expect(events);
		long start = System.nanoTime();
		this.operations.resume();
		delivered.await();
		return rate(events, start);
	}

	private static double rate(int events, long start) {
		return events / ((System.nanoTime() - start) / 1e9);
	}

	private void vacuum(String table) {
		this.jdbc.execute("vacuum analyze " + table);
	}

	private void clear() {
		this.jdbc.execute("truncate bookings, raw_outbox, bare_scheduler");
		this.jdbc.execute("truncate hopper_event_outbox");
	}

	// Latency

	private void latency() throws InterruptedException {
		System.out.printf("%n### From the commit of a booking to its delivery%n%n");
		System.out.println("| bookings/s | p50 ms | p99 ms | max ms |\n| ---: | ---: | ---: | ---: |");
		for (int perSecond : new int[] { 10, 50, 200 }) {
			int events = perSecond * 10;
			long[] latencies = new long[events];
			CountDownLatch delivered = this.deliveries.expect(events);
			Map<UUID, Long> commits = new HashMap<>();
			for (int i = 0; i < events; i++) {
				long number = this.numbers.incrementAndGet();
				UUID[] id = new UUID[1];
				book(number, (n) -> id[0] = this.outbox.store("session-" + n, event(n)));
				commits.put(id[0], System.nanoTime());
				TimeUnit.MICROSECONDS.sleep(1_000_000 / perSecond);
			}
			delivered.await();
			int i = 0;
			for (Map.Entry<UUID, Long> commit : commits.entrySet()) {
				latencies[i++] = Math.max(0, this.deliveries.time(commit.getKey()) - commit.getValue());
			}
			Arrays.sort(latencies);
			System.out.printf(Locale.ROOT, "| %d | %.1f | %.1f | %.1f |%n", perSecond, latencies[events / 2] / 1e6,
					latencies[(int) (events * 0.99)] / 1e6, latencies[events - 1] / 1e6);
		}
	}

	// Backlog

	private void backlog(List<Integer> backlogs) throws InterruptedException {
		System.out.printf("%n### The same with a backlog%n%n");
		System.out.println("| events stored | delivered per second, of the first 20,000 at most | × the smallest |");
		System.out.println("| ---: | ---: | ---: |");
		double smallest = 0;
		for (int events : backlogs) {
			double rate = drainOfBacklog(events);
			smallest = (smallest == 0) ? rate : smallest;
			System.out.printf(Locale.ROOT, "| %,d | %,.0f | %.2f |%n", events, rate, rate / smallest);
			if (events == backlogs.get(backlogs.size() - 1)) {
				System.out.printf("%nThe claim, with what is left of these:%n%n```%n%s%n```%n", String.join("\n",
						this.jdbc.queryForList("explain (analyze, costs off, timing off, summary off) "
								+ "select * from hopper_event_outbox where picked = false and execution_time <= now() "
								+ "and task_name in ('booking_confirmed', 'offers_displayed') "
								+ "order by execution_time asc for update skip locked limit 50", String.class)));
			}
			clear();
		}
	}

	private double drainOfBacklog(int events) throws InterruptedException {
		this.operations.pause("benchmark");
		long number = this.numbers.incrementAndGet();
		this.outbox.store("session-" + number, event(number));
		// Copies of one row, with other ids
		this.jdbc
			.update("insert into hopper_event_outbox (task_name, task_instance, task_data, execution_time, picked, "
					+ "version) select task_name, replacement, convert_to(replace(convert_from(task_data, 'UTF8'), "
					+ "task_instance, replacement), 'UTF8'), execution_time + n * interval '1 microsecond', false, 1 "
					+ "from (select *, overlay(task_instance placing lpad(to_hex(n), 12, '0') from 25) as replacement "
					+ "from hopper_event_outbox, generate_series(1, ?) n where task_name = 'booking_confirmed') rows",
					events - 1);
		vacuum("hopper_event_outbox");
		int measured = Math.min(events, 20_000);
		CountDownLatch delivered = this.deliveries.expect(measured);
		long start = System.nanoTime();
		this.operations.resume();
		delivered.await();
		double rate = rate(measured, start);
		this.operations.pause("benchmark");
		TimeUnit.SECONDS.sleep(1);
		return rate;
	}

	private static void print(String title, String first, Map<String, List<Double>> rates, String baseline) {
		System.out.printf("%n### %s%n%n| %s | per second | spread | × %s |%n| --- | ---: | ---: | ---: |%n", title,
				first, baseline);
		List<Double> compared = rates.getOrDefault(baseline, List.of());
		rates.forEach((name, values) -> {
			List<Double> sorted = values.stream().sorted().toList();
			System.out.printf(Locale.ROOT, "| %s | %,.0f | %,.0f–%,.0f | %.2f |%n", name, Statistics.median(values),
					sorted.get(0), sorted.get(sorted.size() - 1), Statistics.medianRatio(values, compared));
		});
	}

	private static void concurrently(int threads, Runnable work) throws InterruptedException {
		List<Thread> running = new ArrayList<>();
		for (int i = 0; i < threads; i++) {
			Thread thread = new Thread(work, "benchmark-" + i);
			thread.start();
			running.add(thread);
		}
		for (Thread thread : running) {
			thread.join();
		}
	}

	private record Raw(UUID id, String sessionId, HopperEvent event) {

	}

	/**
	 * Keeps the bytes, as the outbox does.
	 */
	private static final class Bytes implements Serializer {

		@Override
		public byte[] serialize(Object data) {
			return (data instanceof byte[] bytes) ? bytes : data.toString().getBytes(StandardCharsets.UTF_8);
		}

		@Override
		public <T> T deserialize(Class<T> type, byte[] data) {
			return type.cast(data);
		}

	}

	/**
	 * Hears of deliveries.
	 */
	static final class Deliveries implements EventDeliveryListener {

		private final Map<UUID, Long> times = new ConcurrentHashMap<>();

		private volatile CountDownLatch expected = new CountDownLatch(0);

		CountDownLatch expect(int deliveries) {
			this.times.clear();
			CountDownLatch latch = new CountDownLatch(deliveries);
			this.expected = latch;
			return latch;
		}

		long time(UUID id) {
			Long time = this.times.get(id);
			return (time != null) ? time : 0;
		}

		@Override
		public void delivered(StoredEvent event, EventReceipt receipt) {
			this.times.put(event.id(), System.nanoTime());
			this.expected.countDown();
		}

	}

	/**
	 * The application around the outbox.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Deliveries deliveries() {
			return new Deliveries();
		}

	}

}
